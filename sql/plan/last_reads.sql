-- The run that last read the earnings of each creator completely, as its sequence number.
SELECT CAST(creator_id AS VARCHAR) AS creator_id, max(last_seq) AS last_seq
FROM meta.slices
WHERE stream = 'earnings' AND is_complete AND creator_id IS NOT NULL
GROUP BY creator_id;
