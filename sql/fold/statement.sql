-- Loads a version of a statement from its manifest and its frozen lines.
INSERT INTO meta.statements BY NAME
SELECT m.statement_id, m.version, m.kind, m.state AS status, CAST(m.creator_id AS UUID) AS creator_id,
    CAST(left(m.month || '-01', 10) AS DATE) AS period_month, m.timezone AS reporting_timezone,
    m.period_start AT TIME ZONE 'UTC' AS window_start, m.period_end AT TIME ZONE 'UTC' AS window_end,
    m.data_cut_off AT TIME ZONE 'UTC' AS issued_at, m.supersedes, true AS is_current, m.gross_cents, m.net_cents, m.row_count,
    m.adjustment_count, m.content_hash, m.run_id, m.tool_version, m.api_version, getvariable('statement_path') AS path,
    getvariable('statement_hash') AS manifest_hash
FROM (SELECT from_json(CAST(getvariable('statement_manifest') AS JSON), '{"statement_id":"VARCHAR","version":"BIGINT","kind":"VARCHAR","state":"VARCHAR","supersedes":"BIGINT","creator_id":"VARCHAR","month":"VARCHAR","timezone":"VARCHAR","period_start":"TIMESTAMPTZ","period_end":"TIMESTAMPTZ","data_cut_off":"TIMESTAMPTZ","run_id":"VARCHAR","tool_version":"VARCHAR","api_version":"VARCHAR","row_count":"BIGINT","adjustment_count":"BIGINT","gross_cents":"BIGINT","net_cents":"BIGINT","content_hash":"VARCHAR"}') AS m);
INSERT INTO load.statement_lines BY NAME
SELECT getvariable('statement_path') AS path, l.*
FROM read_parquet(getvariable('statement_lines')) l
WHERE json_extract_string(getvariable('statement_manifest'), '$.kind') = 'earnings';
UPDATE meta.statements s SET is_current = NOT EXISTS (
    SELECT 1 FROM meta.statements o
    WHERE o.creator_id = s.creator_id AND o.kind = s.kind AND o.period_month = s.period_month AND o.version > s.version);
