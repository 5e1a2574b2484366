-- What is known of runs, coverage and doubts; all of it follows from parts and run records.
CREATE TABLE meta.coverage (
    stream VARCHAR,
    creator_id UUID,
    fan_id VARCHAR,
    window_start TIMESTAMP,
    window_end TIMESTAMP,
    row_count BIGINT,
    run_id VARCHAR
);
COMMENT ON TABLE meta.coverage IS 'One row per interval that complete slices of a stream cover without a gap, per creator and, for messages, per chat.';
COMMENT ON COLUMN meta.coverage.stream IS 'Stream that was read.';
COMMENT ON COLUMN meta.coverage.creator_id IS 'Creator, NULL where the stream is account-wide.';
COMMENT ON COLUMN meta.coverage.fan_id IS 'Fan on the other side of the chat, as pseudonym; chats only.';
COMMENT ON COLUMN meta.coverage.window_start IS 'Start (UTC), inclusive; NULL for lists and snapshots.';
COMMENT ON COLUMN meta.coverage.window_end IS 'End (UTC), exclusive; for lists and snapshots the start of the newest complete walk.';
COMMENT ON COLUMN meta.coverage.row_count IS 'Rows that the slices read; a row read twice counts twice.';
COMMENT ON COLUMN meta.coverage.run_id IS 'Newest run that took part.';

CREATE TABLE meta.suspects (
    reason VARCHAR,
    stream VARCHAR,
    creator_id UUID,
    earning_id UUID,
    fan_id VARCHAR,
    suspect_at TIMESTAMP,
    since_seq BIGINT,
    since_page BIGINT
);
COMMENT ON TABLE meta.suspects IS 'One row per doubt that another read settles.';
COMMENT ON COLUMN meta.suspects.reason IS 'missing: a complete read lacked a known row; reversal: a reversal inside a covered window was unseen; left: a list lacked a fan.';
COMMENT ON COLUMN meta.suspects.stream IS 'Stream to read again.';
COMMENT ON COLUMN meta.suspects.creator_id IS 'Creator.';
COMMENT ON COLUMN meta.suspects.earning_id IS 'Earning, for the stream earnings.';
COMMENT ON COLUMN meta.suspects.fan_id IS 'Fan, as pseudonym, for lists.';
COMMENT ON COLUMN meta.suspects.suspect_at IS 'Instant (UTC) to read again; for lists and creators the start of the walk that lacked the row.';
COMMENT ON COLUMN meta.suspects.since_seq IS 'Run sequence since which the doubt stands; with since_page a version.';
COMMENT ON COLUMN meta.suspects.since_page IS 'Number of the page within that run.';

CREATE TABLE meta.runs (
    run_id VARCHAR,
    run_seq BIGINT,
    started_at TIMESTAMP,
    finished_at TIMESTAMP,
    status VARCHAR,
    "trigger" VARCHAR,
    tool_version VARCHAR,
    api_version VARCHAR,
    surface VARCHAR,
    requests BIGINT,
    refused BIGINT,
    rows_loaded BIGINT,
    rejects BIGINT,
    wait_ms BIGINT,
    bytes BIGINT,
    duration_ms BIGINT,
    exit_status BIGINT,
    foreign_requests BIGINT,
    error VARCHAR,
    server_time TIMESTAMP
);
COMMENT ON TABLE meta.runs IS 'One row per run, as its record says.';
COMMENT ON COLUMN meta.runs.run_id IS 'Run.';
COMMENT ON COLUMN meta.runs.run_seq IS 'Sequence number of the run.';
COMMENT ON COLUMN meta.runs.started_at IS 'Start by the local clock (UTC).';
COMMENT ON COLUMN meta.runs.finished_at IS 'End by the local clock (UTC), NULL while running; of a killed run the last sign of it.';
COMMENT ON COLUMN meta.runs.status IS 'running, ok, partial, failed, interrupted, or killed: its process ended without a word.';
COMMENT ON COLUMN meta.runs."trigger" IS 'What started the run.';
COMMENT ON COLUMN meta.runs.tool_version IS 'Version of fanlake.';
COMMENT ON COLUMN meta.runs.api_version IS 'Version of the API that was asked for.';
COMMENT ON COLUMN meta.runs.surface IS 'Surface of the API.';
COMMENT ON COLUMN meta.runs.requests IS 'Requests sent; of a killed run those that its record and its journal know of.';
COMMENT ON COLUMN meta.runs.refused IS 'Requests refused for their rate.';
COMMENT ON COLUMN meta.runs.rows_loaded IS 'Rows of the parts that the run applied.';
COMMENT ON COLUMN meta.runs.rejects IS 'Rows that could not be typed.';
COMMENT ON COLUMN meta.runs.wait_ms IS 'Milliseconds waited for the request budget.';
COMMENT ON COLUMN meta.runs.bytes IS 'Bytes of the answers, unpacked; of a killed run as many as are known.';
COMMENT ON COLUMN meta.runs.duration_ms IS 'Milliseconds from the start to the end of reading, before publication.';
COMMENT ON COLUMN meta.runs.exit_status IS 'What the program ended with: 0 done, 1 failed, 3 partial, 4 refused, 6 mismatch, 7 version gone, 130 interrupted; NULL while running and of a killed run, whose end nobody saw.';
COMMENT ON COLUMN meta.runs.foreign_requests IS 'Requests of others on the same key that the rate headers showed, at least.';
COMMENT ON COLUMN meta.runs.error IS 'Why the run did not end well.';
COMMENT ON COLUMN meta.runs.server_time IS 'Newest time of the server (UTC): the marts'' today.';

CREATE TABLE meta.drift (
    table_name VARCHAR,
    path VARCHAR,
    json_type VARCHAR,
    first_run_id VARCHAR,
    last_run_id VARCHAR,
    row_count BIGINT
);
COMMENT ON TABLE meta.drift IS 'One row per key of the API that this version does not know.';
COMMENT ON COLUMN meta.drift.table_name IS 'Table whose rows have the key.';
COMMENT ON COLUMN meta.drift.path IS 'Path of the key in the row.';
COMMENT ON COLUMN meta.drift.json_type IS 'JSON type of the newest example.';
COMMENT ON COLUMN meta.drift.first_run_id IS 'First run that saw it.';
COMMENT ON COLUMN meta.drift.last_run_id IS 'Last run that saw it.';
COMMENT ON COLUMN meta.drift.row_count IS 'Rows with the key, over all runs.';

CREATE TABLE meta.api_versions (
    api_version VARCHAR,
    surface VARCHAR,
    header VARCHAR,
    header_value VARCHAR,
    first_run_id VARCHAR,
    last_run_id VARCHAR
);
COMMENT ON TABLE meta.api_versions IS 'One row per API version, surface and what the API said of its end.';
COMMENT ON COLUMN meta.api_versions.api_version IS 'Version of the API that was asked for.';
COMMENT ON COLUMN meta.api_versions.surface IS 'Surface of the API.';
COMMENT ON COLUMN meta.api_versions.header IS 'Header, such as Sunset; NULL if the API said nothing.';
COMMENT ON COLUMN meta.api_versions.header_value IS 'Its value.';
COMMENT ON COLUMN meta.api_versions.first_run_id IS 'First run that had it.';
COMMENT ON COLUMN meta.api_versions.last_run_id IS 'Last run that had it.';

CREATE TABLE meta.rate_usage (
    run_id VARCHAR,
    stream VARCHAR,
    slices BIGINT,
    failed_slices BIGINT,
    requests BIGINT,
    refused BIGINT,
    row_count BIGINT,
    rejects BIGINT,
    skipped VARCHAR
);
COMMENT ON TABLE meta.rate_usage IS 'One row per run and stream: what it cost and brought.';
COMMENT ON COLUMN meta.rate_usage.run_id IS 'Run.';
COMMENT ON COLUMN meta.rate_usage.stream IS 'Stream.';
COMMENT ON COLUMN meta.rate_usage.slices IS 'Slices that were read.';
COMMENT ON COLUMN meta.rate_usage.failed_slices IS 'Slices that failed.';
COMMENT ON COLUMN meta.rate_usage.requests IS 'Requests sent.';
COMMENT ON COLUMN meta.rate_usage.refused IS 'Requests refused for their rate.';
COMMENT ON COLUMN meta.rate_usage.row_count IS 'Rows of the pages that came.';
COMMENT ON COLUMN meta.rate_usage.rejects IS 'Rows that could not be typed.';
COMMENT ON COLUMN meta.rate_usage.skipped IS 'Why the stream was not read, NULL if it was.';

CREATE VIEW meta.rejects AS
SELECT slice_id, part_id, table_name, stream, creator_id, run_id, rejected_count
FROM meta.slices
WHERE rejected_count > 0;
COMMENT ON VIEW meta.rejects IS 'One row per slice with rows that could not be typed; the rows themselves are private and not loaded.';
COMMENT ON COLUMN meta.rejects.slice_id IS 'Slice that was read.';
COMMENT ON COLUMN meta.rejects.part_id IS 'Part that holds its other rows.';
COMMENT ON COLUMN meta.rejects.table_name IS 'Table the rows were meant for.';
COMMENT ON COLUMN meta.rejects.stream IS 'Stream they came from.';
COMMENT ON COLUMN meta.rejects.creator_id IS 'Creator, NULL where the stream is account-wide.';
COMMENT ON COLUMN meta.rejects.run_id IS 'Run that sealed the part.';
COMMENT ON COLUMN meta.rejects.rejected_count IS 'Rows that could not be typed.';

CREATE TABLE meta.checks (
    check_name VARCHAR,
    severity VARCHAR,
    checked_at TIMESTAMP,
    creator_id UUID,
    failures BIGINT,
    sample VARCHAR
);
COMMENT ON TABLE meta.checks IS 'One row per check, and per creator it failed for.';
COMMENT ON COLUMN meta.checks.check_name IS 'Check, the name of its file.';
COMMENT ON COLUMN meta.checks.severity IS 'What a failure means.';
COMMENT ON COLUMN meta.checks.checked_at IS 'Server time (UTC) of the newest run that was checked.';
COMMENT ON COLUMN meta.checks.creator_id IS 'Creator of the failing rows, NULL where they have none.';
COMMENT ON COLUMN meta.checks.failures IS 'Failing rows.';
COMMENT ON COLUMN meta.checks.sample IS 'One of them.';
