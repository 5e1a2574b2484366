-- The newest complete walk of each stream of a creator, by the start of its window, of fan insights by the share of the fans; chats are one.
SELECT stream, CASE WHEN fan_id IS NULL THEN window_start END AS starts_at, max(walk_start_at) AS walked_at,
  CASE WHEN stream = 'fan_insights' THEN coalesce(parent, '') ELSE '' END AS share
FROM meta.slices
WHERE creator_id IS NOT DISTINCT FROM TRY_CAST(? AS UUID) AND is_complete
GROUP BY stream, starts_at, share
ORDER BY stream, starts_at, share;
