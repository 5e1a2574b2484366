-- The newest complete walk of each stream of a creator, by the start of its window; chats are one.
SELECT stream, CASE WHEN fan_id IS NULL THEN window_start END AS starts_at, max(walk_start_at) AS walked_at
FROM meta.slices
WHERE creator_id IS NOT DISTINCT FROM TRY_CAST(? AS UUID) AND is_complete
GROUP BY stream, starts_at
ORDER BY stream, starts_at;
