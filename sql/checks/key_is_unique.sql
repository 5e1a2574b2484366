-- No two rows of a table of the schema fanvue have the same key.
-- severity: blocking
-- each: table
-- columns:
--   creator_id: Creator of the rows.
--   key_values: Their key.
--   row_count: How many rows have it.
-- A key that is there twice has at least one row of a newer version than those checked before.
WITH fresh AS (
    SELECT ${identity} FROM fanvue.${table} WHERE _run_seq >= ${since}
),
twice AS (
    SELECT ${key}, any_value(creator_id) AS of_creator, count(*) AS row_count
    FROM fanvue.${table}
    WHERE (${identity}) IN (FROM fresh)
    GROUP BY ${key}
    HAVING count(*) > 1
)
SELECT of_creator AS creator_id, CAST(struct_pack(${key_pack}) AS VARCHAR) AS key_values, row_count
FROM twice
