-- What fans brought since they first paid.
-- answers: How much has a fan who first paid in a month brought by now, and how fast?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 11. First month of first sale, in the creator's time zone.
-- columns:
--   creator: Label of the creator, else the handle.
--   cohort_month: First day of the month of the fans' first sale.
--   cohort_size: Fans of the cohort.
--   month_number: Months since then; months without a payment of these fans have no row.
--   fans: Fans of the cohort with a payment or reversal in that month.
--   net_cents_in_month: Their net in that month, US cents.
--   cumulative_net_cents: Their net up to and including that month, US cents.
--   realised_ltv_cents: The same for each fan of the cohort, US cents.
--   is_partial: Whether that month is not over.
SELECT
    coalesce(d.label, CAST(c.creator_id AS VARCHAR)) AS creator,
    c.cohort_month,
    c.cohort_size,
    c.month_number,
    c.fans,
    c.net_cents_in_month,
    c.cumulative_net_cents,
    c.realised_ltv_cents,
    c.is_partial
FROM mart.rpt_ltv_cohorts c
LEFT JOIN mart.dim_creators d ON d.creator_id = c.creator_id
WHERE c.cohort_month >= $from AND ($creator IS NULL OR c.creator_id = CAST($creator AS UUID))
ORDER BY creator, c.creator_id, c.cohort_month, c.month_number
