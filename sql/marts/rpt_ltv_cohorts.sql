-- Realised lifetime value (M11): what the fans who first paid in a month have brought since, net of reversals. No prediction.
-- grain: one row per creator, month of the first sale and month number with a payment or reversal of these fans
-- key: creator_id, cohort_month, month_number
-- sources: mart.agg_fan_month, mart.agg_fan_lifetime, mart.dim_today
-- build: view
-- example: SELECT cohort_month, month_number, realised_ltv_cents FROM mart.rpt_ltv_cohorts ORDER BY ALL
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   cohort_month: First day of the month of the fans' first sale in the creator's reporting time zone.
--   cohort_size: Fans of the cohort; rows that name no fan are in no cohort.
--   month_number: Months since cohort_month, which is 0.
--   fans: Fans of the cohort with a payment or reversal in that month.
--   net_cents_in_month: Their net in that month, reversals included, US cents.
--   cumulative_net_cents: Their net up to and including that month, US cents.
--   realised_ltv_cents: cumulative_net_cents / cohort_size, US cents per fan.
--   is_partial: Whether that month is not over.
WITH sizes AS (
    SELECT creator_id, cohort_month, count(*) AS cohort_size
    FROM mart.agg_fan_lifetime
    WHERE cohort_month IS NOT NULL
    GROUP BY creator_id, cohort_month
),
months AS (
    SELECT l.creator_id, l.cohort_month, m.earned_month, count(*) AS fans, CAST(sum(m.net_cents) AS BIGINT) AS net_cents_in_month
    FROM mart.agg_fan_lifetime l
    JOIN mart.agg_fan_month m ON m.creator_id = l.creator_id AND m.fan_id = l.fan_id
    WHERE l.cohort_month IS NOT NULL
    GROUP BY l.creator_id, l.cohort_month, m.earned_month
),
running AS (
    SELECT *, CAST(sum(net_cents_in_month) OVER (PARTITION BY creator_id, cohort_month ORDER BY earned_month) AS BIGINT) AS cumulative_net_cents
    FROM months
)
SELECT
    m.creator_id,
    m.cohort_month,
    s.cohort_size,
    date_diff('month', m.cohort_month, m.earned_month) AS month_number,
    m.fans,
    m.net_cents_in_month,
    m.cumulative_net_cents,
    CAST(round(m.cumulative_net_cents / s.cohort_size) AS BIGINT) AS realised_ltv_cents,
    coalesce(m.earned_month >= t.this_month, false) AS is_partial
FROM running m
JOIN sizes s ON s.creator_id = m.creator_id AND s.cohort_month = m.cohort_month
LEFT JOIN mart.dim_today t ON t.creator_id = m.creator_id
