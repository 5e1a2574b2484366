-- Keys of the API that this version does not know.
-- answers: What does the platform serve that is not kept yet?
-- empty: Every key of the API is known.
-- columns:
--   table_name: Table whose rows have the key.
--   path: Path of the key in the row.
--   json_type: JSON type of the newest example.
--   row_count: Rows with the key, over all runs.
--   first_run_id: First run that saw it.
--   last_run_id: Last run that saw it.
SELECT table_name, path, json_type, row_count, first_run_id, last_run_id
FROM meta.drift
ORDER BY table_name, path, json_type
