-- Windows of a creator's earnings that were read completely, oldest first.
SELECT window_start, window_end
FROM meta.coverage
WHERE stream = 'earnings' AND creator_id = CAST(? AS UUID) AND window_start IS NOT NULL
ORDER BY window_start, window_end
