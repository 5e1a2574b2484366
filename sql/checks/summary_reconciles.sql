-- Sales of every covered and closed UTC day are what the platform's own summary says of the day; both leave reversals out.
-- severity: data
-- columns:
--   creator_id: Creator.
--   period_date: UTC day that differs.
--   summary_gross_cents: Gross in the platform's summary, US cents.
--   ledger_gross_cents: Gross of the rows that are no reversals, US cents.
-- A day of which a row came, changed or went after the summary was asked for
-- waits for the next summary.
SELECT creator_id, period_date, api_gross_cents AS summary_gross_cents, ledger_gross_cents
FROM mart.rpt_reconciliation_days
WHERE verdict NOT IN ('ok', 'waiting')
