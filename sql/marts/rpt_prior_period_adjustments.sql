-- What changed of months whose statement is final and is reported in no statement yet: the next one has it, or a new version.
-- grain: one row per creator, closed month and earning that is not what the statements say
-- key: creator_id, period_month, earning_id
-- sources: mart.fct_earnings, mart.fct_statement_lines, meta.statements
-- build: view
-- example: SELECT period_month, change_type, net_delta_cents FROM mart.rpt_prior_period_adjustments
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   period_month: First day of the closed month, in the time zone of its statement.
--   earning_id: Earning, as in fanvue.earnings.
--   change_type: late_row: came after the statement; disappeared: the platform no longer has it; amount_changed: its amounts are others.
--   gross_delta_cents: What the gross of the month would change by, US cents.
--   net_delta_cents: What the net of the month would change by, US cents.
-- A row belongs to the statement in whose period its instant lies, whatever the
-- creator's time zone is by now. What later statements report of a closed month
-- counts as told.
WITH closed AS (
    SELECT creator_id, period_month, window_start, window_end FROM meta.statements WHERE is_current AND kind = 'earnings'
),
told AS (
    SELECT l.creator_id, l.period_month, l.earning_id, CAST(sum(l.gross_cents) AS BIGINT) AS gross_cents, CAST(sum(l.net_cents) AS BIGINT) AS net_cents
    FROM mart.fct_statement_lines l
    SEMI JOIN closed c ON c.creator_id = l.creator_id AND c.period_month = l.period_month
    WHERE l.is_current AND l.kind = 'earnings'
    GROUP BY l.creator_id, l.period_month, l.earning_id
),
now_there AS (
    SELECT f.creator_id, c.period_month, f.earning_id, f.gross_cents, f.net_cents
    FROM mart.fct_earnings f
    ASOF JOIN closed c ON f.creator_id = c.creator_id AND f.earned_at >= c.window_start
    WHERE f.earned_at < c.window_end
)
SELECT
    coalesce(n.creator_id, t.creator_id) AS creator_id,
    coalesce(n.period_month, t.period_month) AS period_month,
    coalesce(n.earning_id, t.earning_id) AS earning_id,
    CASE
        WHEN t.earning_id IS NULL THEN 'late_row'
        WHEN n.earning_id IS NULL THEN 'disappeared'
        ELSE 'amount_changed'
    END AS change_type,
    CAST(coalesce(n.gross_cents, 0) - coalesce(t.gross_cents, 0) AS BIGINT) AS gross_delta_cents,
    CAST(coalesce(n.net_cents, 0) - coalesce(t.net_cents, 0) AS BIGINT) AS net_delta_cents
FROM now_there n
FULL JOIN told t ON t.creator_id = n.creator_id AND t.period_month = n.period_month AND t.earning_id = n.earning_id
WHERE coalesce(n.gross_cents, 0) <> coalesce(t.gross_cents, 0) OR coalesce(n.net_cents, 0) <> coalesce(t.net_cents, 0)
