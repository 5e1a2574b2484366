-- What the fold keeps for itself, and the parts and slices that are applied. In every private file.
CREATE SCHEMA load;
CREATE SCHEMA meta;

CREATE TABLE load.schema (hash VARCHAR);
COMMENT ON TABLE load.schema IS 'One row: identity of the schema and of the statements that made this file.';

CREATE TABLE load.unfinished (table_name VARCHAR, creator_id UUID, fan_id VARCHAR);
COMMENT ON TABLE load.unfinished IS 'One row per scope that is partly applied; it is folded again from all parts.';

CREATE TABLE load.stale_coverage (stream VARCHAR, creator_id UUID, fan_id VARCHAR);
COMMENT ON TABLE load.stale_coverage IS 'One row per kind of slice whose meta.coverage has to be computed again.';

CREATE TABLE load.changed_earnings (creator_id UUID, earned_at TIMESTAMP, transaction_order_id VARCHAR);
COMMENT ON TABLE load.changed_earnings IS 'One row per change of an earning that the marts have not seen; a row of NULLs stands for all.';
INSERT INTO load.changed_earnings VALUES (NULL, NULL, NULL);

CREATE TABLE load.changed_messages (creator_id UUID, fan_id VARCHAR, message_id UUID, sent_at TIMESTAMP, is_retold BOOLEAN);
COMMENT ON TABLE load.changed_messages IS 'One row per change of a message that the marts have not seen; a row of NULLs stands for all. Without is_retold no more of it changed than price and purchase.';
INSERT INTO load.changed_messages VALUES (NULL, NULL, NULL, NULL, true);

CREATE TABLE load.unchecked (table_name VARCHAR, run_seq BIGINT);
COMMENT ON TABLE load.unchecked IS 'One row per batch that changed rows and that neither marts nor checks have seen: its table and lowest run sequence; cfg for settings.';

CREATE TABLE meta.parts (
    part_id VARCHAR,
    table_name VARCHAR,
    run_id VARCHAR,
    run_seq BIGINT,
    part_number BIGINT,
    row_count BIGINT,
    content_hash VARCHAR,
    path VARCHAR,
    replaces VARCHAR[],
    sealed_at TIMESTAMP,
    applied_at TIMESTAMP
);
COMMENT ON TABLE meta.parts IS 'One row per part of the lake that is applied.';
COMMENT ON COLUMN meta.parts.part_id IS 'Part, also the base name of its file.';
COMMENT ON COLUMN meta.parts.table_name IS 'Table of the part.';
COMMENT ON COLUMN meta.parts.run_id IS 'Run that sealed the part.';
COMMENT ON COLUMN meta.parts.run_seq IS 'Sequence number of that run.';
COMMENT ON COLUMN meta.parts.part_number IS 'Number of the part within that run.';
COMMENT ON COLUMN meta.parts.row_count IS 'Rows of the part.';
COMMENT ON COLUMN meta.parts.content_hash IS 'SHA-256 over keys and content hashes of the rows, in the order of the file.';
COMMENT ON COLUMN meta.parts.path IS 'Path of the file below the account''s directory.';
COMMENT ON COLUMN meta.parts.replaces IS 'Parts that this one stands for; they are ignored.';
COMMENT ON COLUMN meta.parts.sealed_at IS 'When the part was written (UTC).';
COMMENT ON COLUMN meta.parts.applied_at IS 'When the part was applied here (UTC); the one value that a rebuild changes.';

CREATE TABLE meta.slices (
    slice_id VARCHAR,
    part_id VARCHAR,
    slice_index BIGINT,
    table_name VARCHAR,
    stream VARCHAR,
    creator_id UUID,
    fan_id VARCHAR,
    parent VARCHAR,
    window_start TIMESTAMP,
    window_end TIMESTAMP,
    walk_start_at TIMESTAMP,
    walk_end_at TIMESTAMP,
    is_complete BOOLEAN,
    row_count BIGINT,
    rejected_count BIGINT,
    head_count BIGINT,
    first_seq BIGINT,
    first_page BIGINT,
    last_seq BIGINT,
    last_page BIGINT,
    run_id VARCHAR,
    surface VARCHAR
);
COMMENT ON TABLE meta.slices IS 'One row per slice and part: what was read, and how far its rows may be trusted.';
COMMENT ON COLUMN meta.slices.slice_id IS 'Slice; the same in the parts of each table it has rows in.';
COMMENT ON COLUMN meta.slices.part_id IS 'Part that holds its rows.';
COMMENT ON COLUMN meta.slices.slice_index IS 'Index of the slice in the part''s footer.';
COMMENT ON COLUMN meta.slices.table_name IS 'Table of the part.';
COMMENT ON COLUMN meta.slices.stream IS 'Stream that was read.';
COMMENT ON COLUMN meta.slices.creator_id IS 'Creator, NULL where the stream is account-wide.';
COMMENT ON COLUMN meta.slices.fan_id IS 'Fan on the other side of the chat, as pseudonym; chats only.';
COMMENT ON COLUMN meta.slices.parent IS 'Post, list, link or folder whose rows were read; of fan insights k/n, the k-th of n requests; NULL elsewhere.';
COMMENT ON COLUMN meta.slices.window_start IS 'Start (UTC) of the window that a complete slice covers; NULL for lists and snapshots.';
COMMENT ON COLUMN meta.slices.window_end IS 'End (UTC) of that window, exclusive.';
COMMENT ON COLUMN meta.slices.walk_start_at IS 'Server time (UTC) of the first answer.';
COMMENT ON COLUMN meta.slices.walk_end_at IS 'Server time (UTC) of the last answer.';
COMMENT ON COLUMN meta.slices.is_complete IS 'Whether everything in the window, or on the list, was read.';
COMMENT ON COLUMN meta.slices.row_count IS 'Rows of the slice in the part.';
COMMENT ON COLUMN meta.slices.rejected_count IS 'Rows that could not be typed.';
COMMENT ON COLUMN meta.slices.head_count IS 'Lists: the account''s own count in the same run.';
COMMENT ON COLUMN meta.slices.first_seq IS 'Run sequence of the first page; with first_page a version.';
COMMENT ON COLUMN meta.slices.first_page IS 'Number of the first page within its run.';
COMMENT ON COLUMN meta.slices.last_seq IS 'Run sequence of the last page; with last_page a version.';
COMMENT ON COLUMN meta.slices.last_page IS 'Number of the last page within its run.';
COMMENT ON COLUMN meta.slices.run_id IS 'Run that sealed the part.';
COMMENT ON COLUMN meta.slices.surface IS 'Surface of the API on which it was read: v1, v0 or bare.';
