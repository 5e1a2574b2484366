-- Creator and month of the messages in load.changed_messages, into temp.touched_messages.
INSERT INTO temp.touched_messages
SELECT DISTINCT m.creator_id, CAST(date_trunc('month', (m.sent_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(c.reporting_timezone, 'UTC')) AS DATE)
FROM load.changed_messages m
LEFT JOIN mart.dim_creators c ON c.creator_id = m.creator_id
WHERE m.sent_at IS NOT NULL
