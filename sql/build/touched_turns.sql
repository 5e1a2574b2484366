-- Chats in which a message came, went or became another, into temp.touched_turns: from the first such message on. Of what lies before it, the turns that are there tell enough: whether
-- the last one still waits, as then it goes on. One that is answered in its own instant does not tell who wrote last; its chat is read whole.
CREATE OR REPLACE TEMP TABLE touched_turns AS
WITH changed AS (
    SELECT creator_id, fan_id, min(sent_at) AS from_at FROM load.changed_messages WHERE is_retold AND sent_at IS NOT NULL GROUP BY creator_id, fan_id
),
before AS (
    SELECT
        c.creator_id,
        c.fan_id,
        max(r.fan_turn_at) AS last_at,
        arg_max(r.turn_message_id, r.fan_turn_at) AS last_message_id,
        arg_max(coalesce(r.replied_at >= c.from_at, true), r.fan_turn_at) AS is_waiting,
        arg_max(coalesce(r.replied_at = r.fan_turn_at, false), r.fan_turn_at) AS is_tied
    FROM changed c
    JOIN mart.fct_chat_replies r ON r.creator_id = c.creator_id AND r.fan_id = c.fan_id AND r.fan_turn_at < c.from_at
    GROUP BY c.creator_id, c.fan_id
)
SELECT
    c.creator_id,
    c.fan_id,
    CASE WHEN b.is_tied THEN CAST('-infinity' AS TIMESTAMP) WHEN b.is_waiting THEN b.last_at ELSE c.from_at END AS begin_at,
    CASE WHEN b.is_tied THEN CAST('-infinity' AS TIMESTAMP) ELSE c.from_at END AS read_from,
    CASE WHEN NOT b.is_tied AND b.is_waiting THEN b.last_message_id END AS turn_message_id
FROM changed c
LEFT JOIN before b ON b.creator_id = c.creator_id AND b.fan_id = c.fan_id
