-- The newest finished run, the server's time at its end, which is what "today" means, and the version of the API it asked for.
SELECT run_id, server_time, coalesce(api_version, '') AS api_version
FROM meta.runs
WHERE finished_at IS NOT NULL AND server_time IS NOT NULL
ORDER BY server_time DESC, run_seq DESC
LIMIT 1
