-- No row of a table of the schema fanvue lacks a part of its key or another value that every row has.
-- severity: blocking
-- each: table
-- columns:
--   creator_id: Creator of the row, if that is there.
--   key_values: Its key.
SELECT creator_id, CAST(struct_pack(${key_pack}) AS VARCHAR) AS key_values
FROM fanvue.${table}
WHERE ${required_is_null}
