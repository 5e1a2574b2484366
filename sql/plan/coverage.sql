-- Windows of a stream that complete slices of a creator cover, oldest first.
SELECT window_start, window_end
FROM meta.slices
WHERE stream = ? AND creator_id IS NOT DISTINCT FROM TRY_CAST(? AS UUID) AND is_complete AND window_end > window_start
ORDER BY window_start, window_end;
