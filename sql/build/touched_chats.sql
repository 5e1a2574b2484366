-- Chats of the messages in load.changed_messages and the months of their sending, into temp.touched_chats.
CREATE OR REPLACE TEMP TABLE touched_chats AS
SELECT DISTINCT m.creator_id, m.fan_id, CAST(date_trunc('month', (m.sent_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(c.reporting_timezone, 'UTC')) AS DATE) AS month
FROM load.changed_messages m
LEFT JOIN mart.dim_creators c ON c.creator_id = m.creator_id
WHERE m.sent_at IS NOT NULL
