-- Windows of a stream that complete slices of a creator cover, of the named surfaces or of all, oldest first.
SELECT window_start, window_end
FROM meta.slices
WHERE stream = ? AND creator_id IS NOT DISTINCT FROM TRY_CAST(? AS UUID) AND is_complete AND window_end > window_start
  AND (? = '[]' OR list_contains(from_json(CAST(? AS JSON), '["VARCHAR"]'), surface))
ORDER BY window_start, window_end;
