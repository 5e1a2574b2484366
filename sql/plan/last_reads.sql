-- The run that last read something of a stream of each creator completely, as its sequence number.
SELECT CAST(creator_id AS VARCHAR) AS creator_id, max(last_seq) AS last_seq
FROM meta.slices
WHERE stream = ? AND is_complete AND creator_id IS NOT NULL
GROUP BY creator_id;
