-- Fans among a creator's fifth who pay most that have not paid for long: those that rfm calls whale_at_risk, as of the last complete UTC day.
-- grain: one row per creator and such a fan
-- key: creator_id, fan_id
-- sources: mart.rfm, mart.dim_today
-- build: view
-- example: SELECT fan_id, monetary_cents, recency_days FROM mart.rpt_whales_at_risk ORDER BY monetary_cents DESC
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   fan_id: Fan, as pseudonym.
--   as_of_date: Day before the UTC day of the last finished run.
--   last_paid_date: Day of the last sale in the creator's time zone.
--   recency_days: Days from last_paid_date to as_of_date.
--   frequency: Sales, reversals left out.
--   monetary_cents: Net of sales and reversals, US cents.
SELECT
    creator_id,
    fan_id,
    (SELECT CAST(max(as_of_at) AS DATE) - 1 FROM mart.dim_today) AS as_of_date,
    last_paid_date,
    recency_days,
    frequency,
    monetary_cents
FROM mart.rfm((SELECT CAST(max(as_of_at) AS DATE) - 1 FROM mart.dim_today))
WHERE segment = 'whale_at_risk'
