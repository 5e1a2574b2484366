-- Scopes that given up parts had slices in.
SELECT DISTINCT table_name, coalesce(CAST(creator_id AS VARCHAR), '') AS creator_id, coalesce(fan_id, '') AS fan_id
FROM meta.slices WHERE list_contains(CAST(? AS VARCHAR[]), part_id)
