-- Retention by payments: of the fans who first paid for a subscription in a month, how many paid for one in each month after. Fans on plans of several months look lost between
-- their payments; mart.agg_churn_month does not have that.
-- grain: one row per creator, month of first payment and month since, up to the creator's month of the newest run, those without payments included
-- key: creator_id, cohort_month, month_number
-- sources: mart.agg_fan_month, mart.dim_creators, meta.runs
-- build: view
-- example: SELECT cohort_month, month_number, retention FROM mart.rpt_subscriber_cohorts WHERE NOT is_partial ORDER BY cohort_month, month_number
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   cohort_month: First day of the month of the fan's first subscription or renewal payment, in the creator's reporting time zone; a fan who comes back stays in it (Stripe).
--   cohort_size: Fans of the cohort.
--   month_number: Months since cohort_month; 0 is that month itself.
--   retained: Fans of the cohort with a subscription or renewal payment in that month.
--   retention: retained divided by cohort_size, 0 to 1, four digits.
--   is_partial: Whether that month was not over at the newest run.
WITH fans AS (
    SELECT creator_id, fan_id, min(earned_month) AS cohort_month
    FROM mart.agg_fan_month
    WHERE is_subscribed_first IS NOT NULL AND fan_id IS NOT NULL
    GROUP BY creator_id, fan_id
),
paid AS (
    SELECT p.creator_id, f.cohort_month, p.earned_month, count(*) AS retained
    FROM mart.agg_fan_month p
    JOIN fans f ON f.creator_id = p.creator_id AND f.fan_id = p.fan_id
    WHERE p.is_subscribed_first IS NOT NULL
    GROUP BY p.creator_id, f.cohort_month, p.earned_month
),
ends AS (
    SELECT p.creator_id, max(p.earned_month) AS last_month,
        CAST(date_trunc('month', ((SELECT max(server_time) FROM meta.runs) AT TIME ZONE 'UTC') AT TIME ZONE coalesce(any_value(c.reporting_timezone), 'UTC')) AS DATE) AS this_month
    FROM paid p
    LEFT JOIN mart.dim_creators c ON c.creator_id = p.creator_id
    GROUP BY p.creator_id
),
months AS (
    SELECT p.creator_id, p.cohort_month, p.retained AS cohort_size, e.this_month,
        CAST(unnest(generate_series(CAST(p.cohort_month AS TIMESTAMP), CAST(greatest(e.last_month, e.this_month) AS TIMESTAMP), INTERVAL 1 MONTH)) AS DATE) AS earned_month
    FROM paid p
    JOIN ends e ON e.creator_id = p.creator_id
    WHERE p.cohort_month = p.earned_month
)
SELECT
    m.creator_id,
    m.cohort_month,
    m.cohort_size,
    date_diff('month', m.cohort_month, m.earned_month) AS month_number,
    coalesce(p.retained, 0) AS retained,
    round(coalesce(p.retained, 0) / m.cohort_size, 4) AS retention,
    m.earned_month >= m.this_month AS is_partial
FROM months m
LEFT JOIN paid p ON p.creator_id = m.creator_id AND p.cohort_month = m.cohort_month AND p.earned_month = m.earned_month
