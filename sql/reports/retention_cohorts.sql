-- Who still pays, by month of the first payment.
-- answers: Of the fans who first paid for a subscription in a month, how many paid in each month after?
-- needs: lists of subscribers
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 11. First month of first payment, in the creator's time zone.
-- columns:
--   creator: Label of the creator, else the handle.
--   cohort_month: First day of the month of the first payment; a fan who comes back stays in it.
--   cohort_size: Fans of the cohort.
--   month_number: Months since then.
--   retained: Fans of the cohort with a subscription payment in that month.
--   retention: Retained per fan of the cohort; fans on plans of several months look lost between payments.
--   is_partial: Whether that month is not over.
SELECT
    coalesce(d.label, CAST(c.creator_id AS VARCHAR)) AS creator,
    c.cohort_month,
    c.cohort_size,
    c.month_number,
    c.retained,
    c.retention,
    c.is_partial
FROM mart.rpt_subscriber_cohorts c
LEFT JOIN mart.dim_creators d ON d.creator_id = c.creator_id
WHERE c.cohort_month >= $from AND ($creator IS NULL OR c.creator_id = CAST($creator AS UUID))
ORDER BY creator, c.creator_id, c.cohort_month, c.month_number
