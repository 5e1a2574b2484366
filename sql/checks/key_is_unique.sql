-- No two rows of a table of the schema fanvue have the same key.
-- severity: blocking
-- each: table
-- columns:
--   creator_id: Creator of the rows.
--   key_values: Their key.
--   row_count: How many rows have it.
-- A key that is there twice has at least one row of a newer version than those checked before.
SELECT creator_id, CAST(struct_pack(${key_pack}) AS VARCHAR) AS key_values, count(*) AS row_count
FROM fanvue.${table}
WHERE (${key}) IN (
    SELECT (${key}) FROM fanvue.${table} WHERE _run_seq >= coalesce(getvariable('checked_since_seq'), 0))
GROUP BY ALL
HAVING count(*) > 1
