-- Rows that could not be typed, by what was wrong with them; a row that was sealed twice counts once.
WITH served AS (
  SELECT DISTINCT table_name, stream, creator_id, path, reason, "row", _run_id, _run_seq, _page
  FROM read_parquet(from_json(CAST(? AS JSON), '["VARCHAR"]'), union_by_name = true))
SELECT table_name, stream, coalesce(CAST(creator_id AS VARCHAR), '') AS creator_id, path, reason, count(*) AS row_count,
  arg_max(_run_id, _run_seq) AS last_run_id
FROM served
GROUP BY ALL
ORDER BY row_count DESC, table_name, stream, creator_id, path, reason;
