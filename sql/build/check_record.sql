-- One result of a check, as of the newest run.
INSERT INTO meta.checks (check_name, severity, checked_at, creator_id, failures, sample)
SELECT ?, ?, (SELECT max(server_time) FROM meta.runs), CAST(nullif(?, '') AS UUID), ?, nullif(?, '')
