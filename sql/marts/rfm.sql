-- Fans by recency, frequency and money (M13) as of a day in each creator's time zone: quintiles within the creator, 5 the best, ties by fan_id, so that the same day always gives the same answer.
-- grain: one row per creator and fan with a sale up to and including as_of
-- key: creator_id, fan_id
-- sources: mart.agg_fan_month, mart.fct_earnings
-- build: macro
-- parameters: as_of
-- example: SELECT segment, count(*) AS fans FROM mart.rfm(DATE '2026-03-31') GROUP BY segment
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   fan_id: Fan, as pseudonym; rows that name no fan are left out.
--   last_paid_date: Day of the last sale up to as_of in the creator's time zone.
--   frequency: Sales up to as_of, reversals left out.
--   monetary_cents: Net of sales and reversals up to as_of, US cents.
--   recency_days: Days from last_paid_date to as_of.
--   r: Quintile by recency, 5 the most recent.
--   f: Quintile by frequency, 5 the most frequent.
--   m: Quintile by money, 5 the most.
--   segment: champion (r, f and m from 4), whale_at_risk (m 5, r up to 2), at_risk (m from 4, r up to 2), new (r from 4, f 1), lost (r and f up to 2), else regular.
WITH parts AS (
    SELECT creator_id, fan_id, last_paid_date, sales_count, net_cents
    FROM mart.agg_fan_month
    WHERE fan_id IS NOT NULL AND earned_month < CAST(date_trunc('month', CAST(as_of AS DATE)) AS DATE)
    UNION ALL
    SELECT creator_id, fan_id, max(earned_date) FILTER (NOT is_reversal), count(*) FILTER (NOT is_reversal), sum(net_cents)
    FROM mart.fct_earnings
    WHERE is_fan_paid AND fan_id IS NOT NULL AND earned_month = CAST(date_trunc('month', CAST(as_of AS DATE)) AS DATE) AND earned_date <= CAST(as_of AS DATE)
    GROUP BY creator_id, fan_id
),
fans AS (
    SELECT creator_id, fan_id, max(last_paid_date) AS last_paid_date, CAST(sum(sales_count) AS BIGINT) AS frequency, CAST(sum(net_cents) AS BIGINT) AS monetary_cents
    FROM parts
    GROUP BY creator_id, fan_id
    HAVING sum(sales_count) > 0
),
scored AS (
    SELECT
        creator_id,
        fan_id,
        last_paid_date,
        frequency,
        monetary_cents,
        date_diff('day', last_paid_date, CAST(as_of AS DATE)) AS recency_days,
        ntile(5) OVER (PARTITION BY creator_id ORDER BY last_paid_date, fan_id) AS r,
        ntile(5) OVER (PARTITION BY creator_id ORDER BY frequency, fan_id) AS f,
        ntile(5) OVER (PARTITION BY creator_id ORDER BY monetary_cents, fan_id) AS m
    FROM fans
)
SELECT *,
    CASE
        WHEN r >= 4 AND f >= 4 AND m >= 4 THEN 'champion'
        WHEN m = 5 AND r <= 2 THEN 'whale_at_risk'
        WHEN m >= 4 AND r <= 2 THEN 'at_risk'
        WHEN r >= 4 AND f = 1 THEN 'new'
        WHEN r <= 2 AND f <= 2 THEN 'lost'
        ELSE 'regular'
    END AS segment
FROM scored
