-- What meta holds of the run records.
DELETE FROM meta.runs;
INSERT INTO meta.runs
SELECT run_id, seq, CAST(started_at AS TIMESTAMP), CAST(finished_at AS TIMESTAMP), status, "trigger", tool_version, api_version, surface,
    requests, refused, rows_loaded, rejects, wait_ms, bytes, date_diff('millisecond', started_at, finished_at), exit_status, coalesce(foreign_requests, 0), nullif(error, ''), CAST(server_time AS TIMESTAMP)
FROM temp.records ORDER BY seq;
DELETE FROM meta.rate_usage;
INSERT INTO meta.rate_usage
SELECT run_id, e.key, e.value.slices, e.value.failed, e.value.requests, e.value.refused, e.value.rows, e.value.rejects, nullif(e.value.skipped, '')
FROM (SELECT run_id, seq, unnest(map_entries(streams)) AS e FROM temp.records)
ORDER BY seq, e.key;
DELETE FROM meta.drift;
INSERT INTO meta.drift
SELECT d."table", d.path, arg_max(d."type", seq), arg_min(run_id, seq), arg_max(run_id, seq), CAST(sum(d."count") AS BIGINT)
FROM (SELECT run_id, seq, unnest(drift) AS d FROM temp.records)
GROUP BY d."table", d.path
ORDER BY d."table", d.path;
DELETE FROM meta.api_versions;
INSERT INTO meta.api_versions
SELECT api_version, surface, l.header, l.value, arg_min(run_id, seq), arg_max(run_id, seq)
FROM (SELECT run_id, seq, api_version, surface, unnest(CASE WHEN len(lifecycle) > 0 THEN lifecycle ELSE [NULL] END) AS l FROM temp.records WHERE api_version IS NOT NULL)
GROUP BY api_version, surface, l.header, l.value
ORDER BY api_version, surface, l.header, l.value
