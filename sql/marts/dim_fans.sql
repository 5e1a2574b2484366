-- Fans by pseudonym. Names stand in no table of the warehouse.
-- grain: one row per fan that any table names, over all creators
-- key: fan_id
-- sources: fanvue.earnings, fanvue.subscribers, fanvue.followers, fanvue.chats, fanvue.messages
-- build: whole
-- example: SELECT count(*) AS fans FROM mart.dim_fans
-- columns:
--   fan_id: Fan, as pseudonym.
--   first_seen_at: Earliest instant (UTC) at which the data show the fan: a payment, a message, a chat or a subscription; NULL for a follower of whom nothing else is known.
--   last_seen_at: Latest such instant (UTC).
--   is_erased: Whether the fan was erased on request.
WITH seen AS (
    SELECT fan_id, min(earned_at) AS first_seen_at, max(earned_at) AS last_seen_at FROM fanvue.earnings WHERE fan_id IS NOT NULL GROUP BY fan_id
    UNION ALL
    SELECT fan_id, min(coalesce(first_subscribed_at, current_period_start_at)), max(coalesce(current_period_start_at, first_subscribed_at)) FROM fanvue.subscribers GROUP BY fan_id
    UNION ALL
    SELECT DISTINCT fan_id, CAST(NULL AS TIMESTAMP), CAST(NULL AS TIMESTAMP) FROM fanvue.followers
    UNION ALL
    SELECT fan_id, min(coalesce(created_at, last_message_at)), max(coalesce(last_message_at, created_at)) FROM fanvue.chats GROUP BY fan_id
    UNION ALL
    SELECT fan_id, min(sent_at), max(sent_at) FROM fanvue.messages WHERE removed_at IS NULL GROUP BY fan_id
)
SELECT fan_id, min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at, false AS is_erased
FROM seen
GROUP BY fan_id
ORDER BY fan_id
