-- Chats that wait for an answer.
-- answers: Which fans wrote last and were not read, oldest first, and what did they ever pay?
-- needs: chats
-- empty: No chat waits for an answer.
-- parameters:
--   creator: creator, default all. Only this creator.
--   limit: integer from 1, default 50. Chats.
-- columns:
--   creator: Label of the creator, else the handle.
--   fan_id: Fan, as pseudonym.
--   last_message_at: Instant (UTC) of the last message.
--   unread_messages_count: Messages that the creator has not read.
--   waiting_hours: Hours from the last message to the last run.
--   lifetime_net_cents: Net of all that the fan paid to this creator, reversals taken off, US cents.
WITH today AS (
    SELECT max(server_time) AS at FROM meta.runs WHERE finished_at IS NOT NULL
),
waiting AS (
    SELECT c.creator_id, c.fan_id, c.last_message_at, c.unread_messages_count
    FROM fanvue.chats c
    WHERE c.unread_messages_count > 0 AND ($creator IS NULL OR c.creator_id = CAST($creator AS UUID))
    ORDER BY c.last_message_at, c.creator_id, c.fan_id
    LIMIT $limit
),
paid AS (
    SELECT f.creator_id, f.fan_id, sum(f.net_cents) AS net_cents
    FROM mart.fct_earnings f
    SEMI JOIN waiting w ON w.creator_id = f.creator_id AND w.fan_id = f.fan_id
    WHERE f.is_fan_paid
    GROUP BY f.creator_id, f.fan_id
)
SELECT
    coalesce(d.label, CAST(w.creator_id AS VARCHAR)) AS creator,
    w.fan_id,
    w.last_message_at,
    w.unread_messages_count,
    date_diff('minute', w.last_message_at, t.at) // 60 AS waiting_hours,
    CAST(coalesce(p.net_cents, 0) AS BIGINT) AS lifetime_net_cents
FROM waiting w
CROSS JOIN today t
LEFT JOIN paid p ON p.creator_id = w.creator_id AND p.fan_id = w.fan_id
LEFT JOIN mart.dim_creators d ON d.creator_id = w.creator_id
ORDER BY w.last_message_at, creator, w.creator_id, w.fan_id
