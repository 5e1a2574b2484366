-- The newest complete walk of each stream of a creator, and the newest one of each window's start.
SELECT stream, window_start, max(walk_start_at) AS walked_at
FROM meta.slices
WHERE creator_id IS NOT DISTINCT FROM TRY_CAST(? AS UUID) AND fan_id IS NULL AND is_complete
GROUP BY stream, window_start
ORDER BY stream, window_start;
