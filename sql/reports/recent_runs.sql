-- Runs up to the publication, and what they cost.
-- answers: Did the last nights end well, and where did requests and time go?
-- parameters:
--   limit: integer from 1, default 30. Runs, newest first.
-- columns:
--   run_id: Run; those since the warehouse was published, such as quiet or killed ones, stand in fanlake status.
--   started_at: Start by the local clock (UTC).
--   status: running, ok, partial, failed, interrupted or killed.
--   exit_status: What the program ended with: 6 if checks found something in the data, also where the status is ok; NULL while running and of a killed run.
--   trigger: What started it.
--   minutes: From start to end, of a killed run to the last sign of it, NULL while running.
--   requests: Requests sent.
--   refused: Requests refused for their rate.
--   foreign_requests: Requests of others on the same key that the rate headers showed, at least.
--   wait_minutes: Minutes waited for the request budget.
--   rows_loaded: Rows of the parts that the run applied.
--   rejects: Rows that could not be typed.
--   failed_slices: Slices that failed.
--   error: Why it did not end well, or that checks found something.
SELECT
    r.run_id,
    r.started_at,
    r.status,
    r.exit_status,
    r."trigger",
    round(date_diff('second', r.started_at, r.finished_at) / 60, 1) AS minutes,
    r.requests,
    r.refused,
    r.foreign_requests,
    round(r.wait_ms / 60000, 1) AS wait_minutes,
    r.rows_loaded,
    r.rejects,
    coalesce((SELECT CAST(sum(u.failed_slices) AS BIGINT) FROM meta.rate_usage u WHERE u.run_id = r.run_id), 0) AS failed_slices,
    coalesce(r.error, CASE WHEN r.exit_status = 6 THEN 'checks found something in the data: see the report failed_checks' END) AS error
FROM meta.runs r
ORDER BY r.run_seq DESC
LIMIT $limit
