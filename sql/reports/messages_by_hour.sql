-- Messages by hour of the creator's day.
-- answers: When do fans write, and when does the team answer?
-- needs: messages
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month. First month of sending, UTC.
--   to: month, default last month. Last month.
-- columns:
--   hour: Hour of the day in each creator's time zone, 0 to 23.
--   fan_messages: Messages of fans.
--   creator_messages: Messages of the creator or the team, mass and automated ones included.
--   active_fans: Distinct fans who wrote.
--   paid_messages: Of the creator's, those with a price.
-- Time zones differ by quarters of an hour: each quarter is moved to local time
-- once, as the calendar of a time zone costs more than all the rest.
WITH zones AS (
    SELECT reporting_timezone FROM mart.dim_creators UNION SELECT 'UTC'
),
quarters AS (
    SELECT z.reporting_timezone, epoch_us(q.begin_at) // 900000000 AS quarter, hour((q.begin_at AT TIME ZONE 'UTC') AT TIME ZONE z.reporting_timezone) AS hour
    FROM zones z, generate_series(CAST($from AS TIMESTAMP), CAST($to AS TIMESTAMP) + INTERVAL 1 MONTH, INTERVAL 15 MINUTE) q(begin_at)
)
SELECT
    q.hour,
    count(*) FILTER (m.direction = 'fan') AS fan_messages,
    count(*) FILTER (m.direction = 'creator') AS creator_messages,
    count(DISTINCT m.fan_id) FILTER (m.direction = 'fan') AS active_fans,
    count(*) FILTER (m.direction = 'creator' AND m.price_cents > 0) AS paid_messages
FROM fanvue.messages m
LEFT JOIN mart.dim_creators d ON d.creator_id = m.creator_id
JOIN quarters q ON q.reporting_timezone = coalesce(d.reporting_timezone, 'UTC') AND q.quarter = epoch_us(m.sent_at) // 900000000
WHERE m.removed_at IS NULL AND m.sent_at >= $from AND m.sent_at < CAST($to AS DATE) + INTERVAL 1 MONTH
    AND ($creator IS NULL OR m.creator_id = CAST($creator AS UUID))
GROUP BY ALL
ORDER BY hour
