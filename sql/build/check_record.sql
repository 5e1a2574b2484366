-- Results of the checks, from JSON, as of the newest run.
INSERT INTO meta.checks (check_name, severity, checked_at, creator_id, failures, sample)
SELECT j.name, j.severity, (SELECT max(server_time) FROM meta.runs), CAST(nullif(j.creator_id, '') AS UUID), j.failures, nullif(j.sample, '')
FROM (SELECT unnest(from_json(CAST(? AS JSON), '[{"name":"VARCHAR","severity":"VARCHAR","creator_id":"VARCHAR","failures":"BIGINT","sample":"VARCHAR"}]')) AS j)
