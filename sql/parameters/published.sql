-- Newest run that is published, the server time (UTC) that "today" is made of, and the account's reporting time zone.
SELECT coalesce(max(run_seq), 0) AS run_seq, max(server_time) FILTER (finished_at IS NOT NULL) AS server_time,
  coalesce((SELECT max(value) FROM cfg.settings WHERE key = 'timezone'), 'UTC') AS reporting_timezone
FROM meta.runs
