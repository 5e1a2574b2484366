-- Months of sales whose chatter may be another one, into temp.touched_sales: of earnings that changed, of those that name a message that changed, and of those up to a day behind it.
INSERT INTO temp.touched_sales
WITH instants AS (
    SELECT creator_id, sent_at AS earned_at FROM load.changed_messages WHERE is_retold AND sent_at IS NOT NULL
    UNION
    SELECT creator_id, sent_at + INTERVAL 24 HOUR FROM load.changed_messages WHERE is_retold AND sent_at IS NOT NULL
    UNION
    SELECT e.creator_id, e.earned_at
    FROM fanvue.earnings e
    WHERE (e.creator_id, e.message_id) IN (SELECT creator_id, message_id FROM load.changed_messages WHERE is_retold)
)
SELECT creator_id, month FROM temp.touched
UNION
SELECT i.creator_id, CAST(date_trunc('month', (i.earned_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(c.reporting_timezone, 'UTC')) AS DATE)
FROM instants i
LEFT JOIN mart.dim_creators c ON c.creator_id = i.creator_id
