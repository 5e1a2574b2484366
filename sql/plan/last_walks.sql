-- The newest complete walk of a stream for each creator.
SELECT CAST(creator_id AS VARCHAR) AS creator_id, max(walk_start_at) AS walk_start_at
FROM meta.slices
WHERE stream = ? AND is_complete
GROUP BY creator_id;
