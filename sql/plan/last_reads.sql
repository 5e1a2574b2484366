-- The run that last read something of each stream of each creator completely, as its sequence number.
SELECT stream, CAST(creator_id AS VARCHAR) AS creator_id, max(last_seq) AS last_seq
FROM meta.slices
WHERE is_complete AND creator_id IS NOT NULL
GROUP BY stream, creator_id;
