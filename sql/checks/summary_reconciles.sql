-- Sales of every covered and closed UTC day are what the platform's own summary says of the day; both leave reversals out.
-- severity: data
-- columns:
--   creator_id: Creator.
--   period_date: UTC day that differs.
--   summary_gross_cents: Gross in the platform's summary, US cents.
--   ledger_gross_cents: Gross of the rows that are no reversals, US cents.
-- The summary may be ten minutes old: a day counts as closed from then on. A day
-- of which a row came, changed or went after the summary was asked for waits for
-- the next summary.
WITH days AS (
    SELECT d.creator_id, d.period_date, d.gross_cents, d.fetched_at
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
    SELECT creator_id, earned_date_utc, sum(gross_cents) AS gross_cents
    FROM mart.fct_earnings
    WHERE NOT is_reversal AND (creator_id, earned_date_utc) IN (SELECT creator_id, period_date FROM days)
    GROUP BY creator_id, earned_date_utc
),
differing AS (
    SELECT d.creator_id, d.period_date, d.gross_cents AS summary_gross_cents,
        CAST(coalesce(l.gross_cents, 0) AS BIGINT) AS ledger_gross_cents,
        greatest(d.fetched_at, (
            SELECT max(s.walk_start_at) FROM meta.slices s
            WHERE s.stream = 'earnings_summary_days' AND s.creator_id = d.creator_id AND s.is_complete
                AND s.window_start <= d.period_date AND s.window_end > d.period_date)) AS asked_at
    FROM days d
    LEFT JOIN ledger l ON l.creator_id = d.creator_id AND l.earned_date_utc = d.period_date
    WHERE coalesce(l.gross_cents, 0) <> d.gross_cents
)
SELECT d.creator_id, d.period_date, d.summary_gross_cents, d.ledger_gross_cents
FROM differing d
WHERE NOT EXISTS (
    SELECT 1 FROM fanvue.earnings e
    WHERE e.creator_id = d.creator_id AND e.earned_at >= d.period_date AND e.earned_at < d.period_date + INTERVAL 1 DAY
        AND (e._fetched_at > d.asked_at OR e.removed_at >= d.asked_at))
