-- Server time (UTC) at the end of the newest finished run, what "today" means, and the account's reporting time zone.
SELECT server_time, coalesce((SELECT max(value) FROM cfg.settings WHERE key = 'timezone'), 'UTC') AS reporting_timezone
FROM meta.runs
WHERE finished_at IS NOT NULL AND server_time IS NOT NULL
ORDER BY server_time DESC, run_seq DESC
LIMIT 1
