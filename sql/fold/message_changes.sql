-- What the marts have to look at again, unless they look at everything anyway. No mart depends on whether a message was read.
INSERT INTO load.changed_messages
SELECT creator_id, fan_id, message_id, unnest(CASE WHEN is_known AND prior_sent_at IS DISTINCT FROM sent_at THEN [sent_at, prior_sent_at] ELSE [sent_at] END), is_retold
FROM temp.change
WHERE (is_retold OR is_repriced) AND NOT EXISTS (FROM load.changed_messages WHERE creator_id IS NULL)
