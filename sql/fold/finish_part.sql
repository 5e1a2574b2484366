-- Notes parts as applied, from JSON.
INSERT INTO meta.parts BY NAME
SELECT j.part_id, j.table_name, j.run_id, j.run_seq, j.part_number, j.row_count, j.content_hash, j.path, j.replaces,
    make_timestamp(j.sealed_at) AS sealed_at, make_timestamp(j.applied_at) AS applied_at
FROM (
    SELECT unnest(from_json(CAST(? AS JSON), '[{"part_id":"VARCHAR","table_name":"VARCHAR","run_id":"VARCHAR","run_seq":"BIGINT","part_number":"BIGINT","row_count":"BIGINT","content_hash":"VARCHAR","path":"VARCHAR","replaces":["VARCHAR"],"sealed_at":"BIGINT","applied_at":"BIGINT"}]')) AS j
)
