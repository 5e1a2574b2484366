-- Every chat and month of one creator, into temp.touched_chats.
INSERT INTO temp.touched_chats
SELECT DISTINCT m.creator_id, m.fan_id, CAST(date_trunc('month', (m.sent_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(c.reporting_timezone, 'UTC')) AS DATE)
FROM fanvue.messages m
LEFT JOIN mart.dim_creators c ON c.creator_id = m.creator_id
WHERE m.creator_id = CAST(? AS UUID) AND m.sent_at IS NOT NULL
