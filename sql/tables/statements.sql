-- Final statements, as their folders say.
CREATE TABLE meta.statements (
    statement_id VARCHAR,
    version BIGINT,
    kind VARCHAR,
    status VARCHAR,
    creator_id UUID,
    period_month DATE,
    reporting_timezone VARCHAR,
    window_start TIMESTAMP,
    window_end TIMESTAMP,
    issued_at TIMESTAMP,
    supersedes BIGINT,
    is_current BOOLEAN,
    gross_cents BIGINT,
    net_cents BIGINT,
    row_count BIGINT,
    adjustment_count BIGINT,
    content_hash VARCHAR,
    run_id VARCHAR,
    tool_version VARCHAR,
    api_version VARCHAR,
    path VARCHAR,
    manifest_hash VARCHAR
);
COMMENT ON TABLE meta.statements IS 'One row per version of a statement that is final. Key: statement_id, version.';
COMMENT ON COLUMN meta.statements.statement_id IS 'Statement, such as AVA-2026-02.';
COMMENT ON COLUMN meta.statements.version IS 'Version, from 1.';
COMMENT ON COLUMN meta.statements.kind IS 'What it is: earnings, payout or tax-year.';
COMMENT ON COLUMN meta.statements.status IS 'final.';
COMMENT ON COLUMN meta.statements.creator_id IS 'Creator, as uuid of the platform.';
COMMENT ON COLUMN meta.statements.period_month IS 'First day of its month, or of its tax year, in the time zone it was made in.';
COMMENT ON COLUMN meta.statements.reporting_timezone IS 'IANA time zone it was made in; it stays whatever the configuration says later.';
COMMENT ON COLUMN meta.statements.window_start IS 'Start (UTC) of its period.';
COMMENT ON COLUMN meta.statements.window_end IS 'End (UTC) of its period, exclusive.';
COMMENT ON COLUMN meta.statements.issued_at IS 'Data cut-off: server time (UTC) at the end of the run it was made from.';
COMMENT ON COLUMN meta.statements.supersedes IS 'Version that it replaces, NULL for the first.';
COMMENT ON COLUMN meta.statements.is_current IS 'Whether no later version replaces it.';
COMMENT ON COLUMN meta.statements.gross_cents IS 'Gross of its rows, adjustments left out, US cents.';
COMMENT ON COLUMN meta.statements.net_cents IS 'Net of its rows, adjustments left out, US cents.';
COMMENT ON COLUMN meta.statements.row_count IS 'Earnings frozen in it.';
COMMENT ON COLUMN meta.statements.adjustment_count IS 'Changes of earlier statements that are reported in it.';
COMMENT ON COLUMN meta.statements.content_hash IS 'SHA-256 over its rows.';
COMMENT ON COLUMN meta.statements.run_id IS 'Run whose data it was made from.';
COMMENT ON COLUMN meta.statements.tool_version IS 'Version of fanlake that made it.';
COMMENT ON COLUMN meta.statements.api_version IS 'Version of the API the run asked for.';
COMMENT ON COLUMN meta.statements.path IS 'Its folder below the account''s directory.';
COMMENT ON COLUMN meta.statements.manifest_hash IS 'SHA-256 of its manifest.json, which has those of its files.';

CREATE TABLE load.statement_lines (
    path VARCHAR,
    statement_id VARCHAR,
    version BIGINT,
    creator_id UUID,
    statement_month DATE,
    period_month DATE,
    line_type VARCHAR,
    change_type VARCHAR,
    earning_id UUID,
    earned_at TIMESTAMP,
    source VARCHAR,
    attributed_source VARCHAR,
    original_earned_at TIMESTAMP,
    gross_cents BIGINT,
    net_cents BIGINT,
    total_cents BIGINT,
    fan_currency VARCHAR,
    transaction_order_id VARCHAR,
    reversed_transaction_order_id VARCHAR,
    balance_status VARCHAR,
    message_id UUID,
    post_id UUID,
    fan_id VARCHAR,
    is_fan_paid BOOLEAN,
    is_reversal BOOLEAN
);
COMMENT ON TABLE load.statement_lines IS 'One row per line of a final statement; see mart.fct_statement_lines.';
