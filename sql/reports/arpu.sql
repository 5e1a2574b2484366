-- Revenue per subscriber, per payer and per sale.
-- answers: What does a subscriber, a fan who pays, and a sale bring in a month?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 11. First month, in the creator's time zone.
--   to: month, default last month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   earned_month: First day of the month.
--   arpu_net_cents: Net of sales per average active subscriber, US cents; NULL where the list is not known.
--   avg_active_subscribers: Average of the month's days that are known.
--   snapshot_days: How many these are.
--   arppu_net_cents: Net of sales per paying fan, US cents.
--   avg_sale_gross_cents: Gross per sale, US cents.
SELECT
    coalesce(d.label, CAST(a.creator_id AS VARCHAR)) AS creator,
    a.earned_month,
    a.arpu_net_cents,
    a.avg_active_subscribers,
    a.snapshot_days,
    a.arppu_net_cents,
    a.avg_sale_gross_cents
FROM mart.agg_arpu_month a
LEFT JOIN mart.dim_creators d ON d.creator_id = a.creator_id
WHERE a.earned_month BETWEEN $from AND $to AND ($creator IS NULL OR a.creator_id = CAST($creator AS UUID))
ORDER BY creator, a.creator_id, a.earned_month
