-- How fans were answered (M14): a turn is a run of a fan's direct messages, and its answer the creator's first direct message at or after its start; automated replies are none.
-- grain: one row per creator, chat and turn of the fan
-- key: creator_id, fan_id, turn_message_id
-- sources: mart.fct_messages, mart.dim_creators
-- build: messages
-- touched: turns
-- example: SELECT median(response_seconds) FROM mart.fct_chat_replies WHERE turn_date >= DATE '2026-02-01'
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   fan_id: Fan, as pseudonym.
--   turn_message_id: First message of the turn; two turns may begin in one instant.
--   fan_turn_at: Instant (UTC) of the first message of the turn.
--   turn_date: Day of fan_turn_at in the creator's reporting time zone.
--   replied_at: Instant (UTC) of the answer; NULL if there is none yet.
--   sent_by_user_id: Team member who answered for the creator.
--   response_seconds: Seconds from fan_turn_at to replied_at; NULL if there is none yet.
WITH direct AS (
    SELECT m.creator_id, m.fan_id, m.message_id, m.sent_at, m.direction, m.sent_by_user_id
    FROM temp.touched_messages m
    LEFT JOIN temp.touched_turns t ON t.creator_id = m.creator_id AND t.fan_id = m.fan_id
    WHERE m.message_class = 'direct' AND (getvariable('messages_are_all') OR m.sent_at >= t.read_from)
    UNION ALL
    -- The turn that waited before goes on.
    SELECT creator_id, fan_id, turn_message_id, begin_at, 'fan', NULL
    FROM temp.touched_turns
    WHERE turn_message_id IS NOT NULL
),
turns AS (
    SELECT creator_id, fan_id, message_id, sent_at
    FROM direct
    QUALIFY direction = 'fan' AND lag(direction) OVER (PARTITION BY creator_id, fan_id ORDER BY sent_at, message_id) IS DISTINCT FROM 'fan'
),
-- Of several messages of one instant the sender is one of theirs, the same each time.
replies AS (
    SELECT creator_id, fan_id, sent_at, min(sent_by_user_id) AS sent_by_user_id
    FROM direct
    WHERE direction = 'creator'
    GROUP BY creator_id, fan_id, sent_at
)
SELECT
    t.creator_id,
    t.fan_id,
    t.message_id AS turn_message_id,
    t.sent_at AS fan_turn_at,
    CAST((t.sent_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(c.reporting_timezone, 'UTC') AS DATE) AS turn_date,
    r.sent_at AS replied_at,
    r.sent_by_user_id,
    date_diff('second', t.sent_at, r.sent_at) AS response_seconds
FROM turns t
ASOF LEFT JOIN replies r ON r.creator_id = t.creator_id AND r.fan_id = t.fan_id AND t.sent_at <= r.sent_at
LEFT JOIN mart.dim_creators c ON c.creator_id = t.creator_id
