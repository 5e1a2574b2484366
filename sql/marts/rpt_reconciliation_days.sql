-- Sales of UTC days against the platform's own summary (M21), which leaves refunds and chargebacks out and may be ten minutes old.
-- grain: one row per creator and UTC day of the summary that is covered by earnings and was over when the summary was asked for
-- key: creator_id, period_date
-- sources: fanvue.earnings_summary_days, fanvue.earnings, mart.fct_earnings, meta.coverage, meta.slices
-- build: view
-- example: SELECT * FROM mart.rpt_reconciliation_days WHERE verdict <> 'ok'
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   period_date: UTC day.
--   api_gross_cents: Gross in the platform's summary, US cents.
--   ledger_gross_cents: Gross of the rows that are no reversals, US cents.
--   diff_cents: ledger_gross_cents - api_gross_cents, US cents.
--   api_net_cents: Net in the platform's summary, US cents; for information.
--   ledger_net_cents: Net of the rows that are no reversals, US cents.
--   summary_at: Server's time (UTC) of the answer with these figures, or of a later one that had the same.
--   verdict: ok; MISSING ROWS (the ledger has less); api lag or scope (it has more); waiting (it differs, but a row of the day came, changed or went since: the next summary decides).
WITH days AS (
    SELECT d.creator_id, d.period_date, d.gross_cents, d.net_cents, d.fetched_at
    FROM fanvue.earnings_summary_days d
    WHERE coalesce(d.timezone, 'UTC') IN ('UTC', 'Etc/UTC', 'GMT')
        AND d.fetched_at >= CAST(d.period_date AS TIMESTAMP) + INTERVAL 1 DAY + INTERVAL 10 MINUTE
        AND EXISTS (
            SELECT 1 FROM meta.coverage c
            WHERE c.stream = 'earnings' AND c.creator_id = d.creator_id
                AND c.window_start <= CAST(d.period_date AS TIMESTAMP)
                AND c.window_end >= CAST(d.period_date AS TIMESTAMP) + INTERVAL 1 DAY)
),
ledger AS (
    SELECT creator_id, earned_date_utc, CAST(sum(gross_cents) AS BIGINT) AS gross_cents, CAST(sum(net_cents) AS BIGINT) AS net_cents
    FROM mart.fct_earnings
    WHERE NOT is_reversal
    GROUP BY creator_id, earned_date_utc
),
compared AS (
    SELECT d.creator_id, d.period_date, d.gross_cents AS api_gross_cents, coalesce(l.gross_cents, 0) AS ledger_gross_cents,
        d.net_cents AS api_net_cents, coalesce(l.net_cents, 0) AS ledger_net_cents, d.fetched_at
    FROM days d
    LEFT JOIN ledger l ON l.creator_id = d.creator_id AND l.earned_date_utc = d.period_date
),
asked AS (
    SELECT c.creator_id, c.period_date, greatest(c.fetched_at, max(s.walk_start_at)) AS asked_at
    FROM compared c
    LEFT JOIN meta.slices s ON s.stream = 'earnings_summary_days' AND s.creator_id = c.creator_id AND s.is_complete
        AND s.window_start <= c.period_date AND s.window_end > c.period_date
    WHERE c.api_gross_cents <> c.ledger_gross_cents
    GROUP BY c.creator_id, c.period_date, c.fetched_at
),
moved AS (
    SELECT DISTINCT a.creator_id, a.period_date
    FROM asked a
    JOIN fanvue.earnings e ON e.creator_id = a.creator_id AND e.earned_at >= a.period_date AND e.earned_at < a.period_date + INTERVAL 1 DAY
    WHERE e._fetched_at > a.asked_at OR e.removed_at >= a.asked_at
)
SELECT
    c.creator_id,
    c.period_date,
    c.api_gross_cents,
    c.ledger_gross_cents,
    c.ledger_gross_cents - c.api_gross_cents AS diff_cents,
    c.api_net_cents,
    c.ledger_net_cents,
    coalesce(a.asked_at, c.fetched_at) AS summary_at,
    CASE
        WHEN c.ledger_gross_cents = c.api_gross_cents THEN 'ok'
        WHEN m.creator_id IS NOT NULL THEN 'waiting'
        WHEN c.ledger_gross_cents < c.api_gross_cents THEN 'MISSING ROWS'
        ELSE 'api lag or scope'
    END AS verdict
FROM compared c
LEFT JOIN asked a ON a.creator_id = c.creator_id AND a.period_date = c.period_date
LEFT JOIN moved m ON m.creator_id = c.creator_id AND m.period_date = c.period_date
