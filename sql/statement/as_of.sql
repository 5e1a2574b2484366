-- The newest finished run and the server's time at its end: what "today" means.
SELECT run_id, server_time
FROM meta.runs
WHERE finished_at IS NOT NULL AND server_time IS NOT NULL
ORDER BY server_time DESC, run_seq DESC
LIMIT 1
