-- Sales of UTC months against the platform's own summary (M21), over the days that can be compared.
-- grain: one row per creator and UTC month with such a day
-- key: creator_id, period_month
-- sources: mart.rpt_reconciliation_days
-- build: view
-- example: SELECT creator_id, period_month, diff_cents, verdict FROM mart.rpt_reconciliation ORDER BY ALL
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   period_month: First day of the UTC month.
--   days_compared: Days of the month that are covered and closed; a month is proved where all of its days are.
--   days_differing: Of these, days whose gross differs and that do not wait for the next summary.
--   api_gross_cents: Gross of the compared days in the platform's summary, US cents; it leaves reversals out.
--   ledger_gross_cents: Gross of the rows of these days that are no reversals, US cents.
--   diff_cents: ledger_gross_cents - api_gross_cents, US cents.
--   verdict: The worst of its days: MISSING ROWS, api lag or scope, waiting, or ok.
SELECT
    creator_id,
    CAST(date_trunc('month', period_date) AS DATE) AS period_month,
    count(*) AS days_compared,
    count(*) FILTER (verdict NOT IN ('ok', 'waiting')) AS days_differing,
    CAST(sum(api_gross_cents) AS BIGINT) AS api_gross_cents,
    CAST(sum(ledger_gross_cents) AS BIGINT) AS ledger_gross_cents,
    CAST(sum(diff_cents) AS BIGINT) AS diff_cents,
    CASE
        WHEN bool_or(verdict = 'MISSING ROWS') THEN 'MISSING ROWS'
        WHEN bool_or(verdict = 'api lag or scope') THEN 'api lag or scope'
        WHEN bool_or(verdict = 'waiting') THEN 'waiting'
        ELSE 'ok'
    END AS verdict
FROM mart.rpt_reconciliation_days
GROUP BY creator_id, CAST(date_trunc('month', period_date) AS DATE)
