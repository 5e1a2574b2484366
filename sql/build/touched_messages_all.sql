-- Every creator and month that has messages now, into temp.touched_messages.
INSERT INTO temp.touched_messages
WITH spans AS (
    SELECT m.creator_id, c.reporting_timezone, min(m.sent_at) AS first_at, max(m.sent_at) AS last_at
    FROM fanvue.messages m
    LEFT JOIN mart.dim_creators c ON c.creator_id = m.creator_id
    GROUP BY m.creator_id, c.reporting_timezone
)
SELECT
    creator_id,
    CAST(unnest(generate_series(
        date_trunc('month', (first_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(reporting_timezone, 'UTC')),
        date_trunc('month', (last_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(reporting_timezone, 'UTC')),
        INTERVAL 1 MONTH)) AS DATE)
FROM spans
