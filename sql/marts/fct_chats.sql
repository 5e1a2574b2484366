-- Chats as last read, and whether the fan waits for an answer.
-- grain: one row per creator and chat, named by the fan on its other side
-- key: creator_id, fan_id
-- sources: fanvue.chats, mart.fct_chat_replies, mart.dim_today
-- build: view
-- example: SELECT fan_id, waiting_since_at FROM mart.fct_chats WHERE is_waiting ORDER BY waiting_since_at
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   fan_id: Fan, as pseudonym.
--   created_at: Start of the chat (UTC).
--   last_message_at: Instant of the last message of any class (UTC), NULL in an empty chat.
--   is_read: Whether the creator has read the chat; false also when marked unread.
--   is_muted: Whether the creator muted the chat.
--   unread_messages_count: Messages the creator has not read.
--   fan_turns: Turns of the fan, as in fct_chat_replies.
--   is_waiting: Whether the fan's last turn has no answer.
--   waiting_since_at: Instant (UTC) of that turn; NULL if it was answered.
--   as_of_at: Server's time (UTC) of the last finished run.
WITH turns AS (
    SELECT creator_id, fan_id, count(*) AS fan_turns, max(fan_turn_at) FILTER (replied_at IS NULL) AS waiting_since_at
    FROM mart.fct_chat_replies
    GROUP BY creator_id, fan_id
)
SELECT
    c.creator_id,
    c.fan_id,
    c.created_at,
    c.last_message_at,
    c.is_read,
    c.is_muted,
    c.unread_messages_count,
    coalesce(t.fan_turns, 0) AS fan_turns,
    t.waiting_since_at IS NOT NULL AS is_waiting,
    t.waiting_since_at,
    d.as_of_at
FROM fanvue.chats c
LEFT JOIN turns t ON t.creator_id = c.creator_id AND t.fan_id = c.fan_id
LEFT JOIN mart.dim_today d ON d.creator_id = c.creator_id
