-- Refunds and chargebacks by the month of their sale.
-- answers: What share of the sales of a month was taken back until now?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 11. First month of sale, in the creator's time zone.
--   to: month, default last month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   earned_month: First day of the month of the sales.
--   sales_cents: Gross sales, US cents.
--   reversed_cents: Gross of what took them back, whenever that was, as a positive amount, US cents.
--   reversal_rate_value: Reversed per sales.
--   reversal_rate_count: Reversed orders per sale.
--   days_since_month_end: Days from the end of the month to the last run; young months still grow.
--   is_mature: Whether that is 60 days or more.
SELECT
    coalesce(d.label, CAST(r.creator_id AS VARCHAR)) AS creator,
    r.earned_month,
    r.sales_cents,
    r.reversed_cents,
    r.reversal_rate_value,
    r.reversal_rate_count,
    r.days_since_month_end,
    r.is_mature
FROM mart.agg_reversal_rate r
LEFT JOIN mart.dim_creators d ON d.creator_id = r.creator_id
WHERE r.earned_month BETWEEN $from AND $to AND ($creator IS NULL OR r.creator_id = CAST($creator AS UUID))
ORDER BY creator, r.creator_id, r.earned_month
