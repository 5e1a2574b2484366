-- Scopes of a table that are half done.
SELECT DISTINCT coalesce(CAST(creator_id AS VARCHAR), '') AS creator_id, coalesce(fan_id, '') AS fan_id FROM load.unfinished WHERE table_name = ?
