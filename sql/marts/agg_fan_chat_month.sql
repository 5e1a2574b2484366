-- Messages of a chat in a month: the base of everything about messages that needs the fan.
-- grain: one row per creator, month of the creator's time zone and chat with a message
-- key: creator_id, sent_month, fan_id
-- sources: mart.fct_messages, mart.dim_creators
-- build: messages
-- touched: chats
-- example: SELECT fan_id, messages_received FROM mart.agg_fan_chat_month ORDER BY messages_received DESC LIMIT 10
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   sent_month: First day of the month of sending in the creator's reporting time zone.
--   fan_id: Fan on the other side of the chat, as pseudonym.
--   message_count: Messages of both sides and all classes.
--   messages_received: Direct messages of the fan.
--   direct_messages_sent: Direct messages of the creator.
--   ppvs_sent: Direct and mass messages of the creator that cost something.
--   ppvs_unlocked: Of these, messages that were bought, whenever that was.
SELECT
    m.creator_id,
    m.sent_month,
    m.fan_id,
    count(*) AS message_count,
    count(*) FILTER (m.direction = 'fan' AND m.message_class = 'direct') AS messages_received,
    count(*) FILTER (m.direction = 'creator' AND m.message_class = 'direct') AS direct_messages_sent,
    count(*) FILTER (m.direction = 'creator' AND m.message_class IN ('direct', 'mass') AND m.is_priced) AS ppvs_sent,
    count(*) FILTER (m.direction = 'creator' AND m.message_class IN ('direct', 'mass') AND m.is_priced AND m.purchased_at IS NOT NULL) AS ppvs_unlocked
FROM temp.touched_messages m
WHERE getvariable('messages_are_all') OR (m.creator_id, m.fan_id, m.sent_month) IN (SELECT creator_id, fan_id, month FROM temp.touched_chats)
GROUP BY m.creator_id, m.sent_month, m.fan_id
