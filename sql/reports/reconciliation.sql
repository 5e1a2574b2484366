-- Ledger against the platform's own summary, by day.
-- answers: Do the rows of each closed UTC day add up to what the platform says of it?
-- needs: day sums
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: date, default today - 30. First UTC day; days that were not over when the summary was asked for are left out.
--   only: one of all|differing, default all. All days, or those that differ.
-- columns:
--   creator: Label of the creator, else the handle.
--   period_date: UTC day.
--   summary_gross_cents: Gross in the platform's summary, which leaves reversals out, US cents.
--   ledger_gross_cents: Gross of the rows that are no reversals, US cents.
--   difference_cents: Ledger less summary, US cents.
--   verdict: ok, missing rows, api lag or scope, or not covered (the day was not read whole).
WITH ledger AS (
    SELECT creator_id, earned_date_utc, CAST(sum(gross_cents) AS BIGINT) AS gross_cents
    FROM mart.fct_earnings
    WHERE NOT is_reversal AND earned_date_utc >= $from
        AND ($creator IS NULL OR creator_id = CAST($creator AS UUID))
    GROUP BY creator_id, earned_date_utc
),
days AS (
    SELECT
        s.creator_id,
        s.period_date,
        s.gross_cents AS summary_gross_cents,
        coalesce(l.gross_cents, 0) AS ledger_gross_cents,
        EXISTS (
            SELECT 1 FROM meta.coverage c
            WHERE c.stream = 'earnings' AND c.creator_id = s.creator_id
                AND c.window_start <= CAST(s.period_date AS TIMESTAMP)
                AND c.window_end >= CAST(s.period_date AS TIMESTAMP) + INTERVAL 1 DAY) AS is_covered
    FROM fanvue.earnings_summary_days s
    LEFT JOIN ledger l ON l.creator_id = s.creator_id AND l.earned_date_utc = s.period_date
    WHERE s.period_date >= $from AND s.fetched_at >= CAST(s.period_date AS TIMESTAMP) + INTERVAL 1 DAY + INTERVAL 10 MINUTE
        AND coalesce(s.timezone, 'UTC') IN ('UTC', 'Etc/UTC', 'GMT')
        AND ($creator IS NULL OR s.creator_id = CAST($creator AS UUID))
)
SELECT
    coalesce(d.label, CAST(y.creator_id AS VARCHAR)) AS creator,
    y.period_date,
    y.summary_gross_cents,
    y.ledger_gross_cents,
    y.ledger_gross_cents - y.summary_gross_cents AS difference_cents,
    CASE
        WHEN y.ledger_gross_cents = y.summary_gross_cents THEN 'ok'
        WHEN NOT y.is_covered THEN 'not covered'
        WHEN y.ledger_gross_cents < y.summary_gross_cents THEN 'missing rows'
        ELSE 'api lag or scope'
    END AS verdict
FROM days y
LEFT JOIN mart.dim_creators d ON d.creator_id = y.creator_id
WHERE $only = 'all' OR y.ledger_gross_cents <> y.summary_gross_cents
ORDER BY creator, y.creator_id, y.period_date
