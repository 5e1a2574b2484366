-- Newest applied page of each scope of the named tables.
SELECT table_name, CAST(creator_id AS VARCHAR) AS creator_id, fan_id,
    arg_max(last_seq, (last_seq, last_page)) AS last_seq, arg_max(last_page, (last_seq, last_page)) AS last_page
FROM meta.slices
WHERE table_name IN (SELECT unnest(CAST(? AS VARCHAR[])))
GROUP BY table_name, creator_id, fan_id
