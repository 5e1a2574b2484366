-- Average revenue of a month, per active subscriber, per paying fan and per sale: the names say the denominator.
-- grain: one row per creator and month with earnings
-- key: creator_id, earned_month
-- sources: mart.agg_creator_month, mart.agg_mrr
-- build: view
-- example: SELECT earned_month, arpu_net_cents, arppu_net_cents FROM mart.agg_arpu_month ORDER BY earned_month
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   earned_month: First day of the month in the creator's reporting time zone.
--   arpu_net_cents: Creator's earnings from sales divided by the average of active_subscribers over the month's days, US cents, rounded half away from zero; NULL without a day or without
--       subscribers. A month that is not over, or of which few days are known, is marked by snapshot_days.
--   avg_active_subscribers: That average, two digits.
--   snapshot_days: Days of the month that are over and of which the list is known; NULL if there are none.
--   arppu_net_cents: Creator's earnings from sales divided by paying fans, US cents: what the platform's tools call average earnings per fan.
--   avg_sale_gross_cents: Gross sales divided by their number, US cents, per transaction (AOV).
WITH subscribers AS (
    SELECT creator_id, CAST(date_trunc('month', snapshot_date) AS DATE) AS earned_month, sum(active_subscribers) AS subscriber_days, count(*) AS snapshot_days
    FROM mart.agg_mrr
    WHERE NOT is_partial
    GROUP BY ALL
)
SELECT
    a.creator_id,
    a.earned_month,
    CAST(round(a.creator_sales_earnings_cents * s.snapshot_days / nullif(s.subscriber_days, 0)) AS BIGINT) AS arpu_net_cents,
    round(s.subscriber_days / s.snapshot_days, 2) AS avg_active_subscribers,
    s.snapshot_days,
    CAST(round(a.creator_sales_earnings_cents / nullif(a.paying_fans, 0)) AS BIGINT) AS arppu_net_cents,
    CAST(round(a.gross_sales_cents / nullif(a.sales_count, 0)) AS BIGINT) AS avg_sale_gross_cents
FROM mart.agg_creator_month a
LEFT JOIN subscribers s ON s.creator_id = a.creator_id AND s.earned_month = a.earned_month
