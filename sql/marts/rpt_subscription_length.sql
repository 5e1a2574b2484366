-- How long subscriptions lasted, of those that have ended.
-- grain: one row per creator with subscriptions that ended
-- key: creator_id
-- sources: mart.fct_subscriber_movements, mart.dim_list_spans
-- build: view
-- example: SELECT creator_id, median_days FROM mart.rpt_subscription_length
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   ended_count: Subscriptions that ended after the first list, trials included; a fan who came back has one for each time.
--   mean_days: Mean of ended_at less started_at in days of 24 hours, one digit.
--   median_days: Median of the same.
WITH turns AS (
    SELECT creator_id, fan_id, movement_date, started_at, ended_at, is_active,
        lag(started_at) OVER (PARTITION BY creator_id, fan_id ORDER BY movement_date) AS began_at
    FROM mart.fct_subscriber_movements
    WHERE is_active <> is_active_before
),
ended AS (
    SELECT t.creator_id, greatest(epoch_us(t.ended_at) - epoch_us(t.began_at), 0) / 86400000000 AS days
    FROM turns t
    JOIN mart.dim_list_spans s ON s.creator_id = t.creator_id AND s.list_name = 'subscribers'
    WHERE NOT t.is_active AND t.began_at IS NOT NULL AND t.movement_date > s.first_date AND t.movement_date <= s.last_date
)
SELECT creator_id, count(*) AS ended_count, round(avg(days), 1) AS mean_days, round(median(days), 1) AS median_days
FROM ended
GROUP BY creator_id
