-- Newest applied page of each scope of a table.
SELECT CAST(creator_id AS VARCHAR) AS creator_id, fan_id, 
    arg_max(last_seq, (last_seq, last_page)) AS last_seq, arg_max(last_page, (last_seq, last_page)) AS last_page
FROM meta.slices
WHERE table_name = ?
GROUP BY creator_id, fan_id
