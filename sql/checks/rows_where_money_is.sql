-- A creator whose earnings were read back to the registration has rows if the platform's own figures show money.
-- severity: data
-- columns:
--   creator_id: Creator without earnings.
--   total_gross_cents: All-time gross by the newest account snapshot, US cents.
--   summary_gross_cents: Gross of the days in the platform's summary, US cents.
WITH account AS (
    SELECT creator_id, arg_max(total_gross_cents, fetched_at) AS total_gross_cents
    FROM fanvue.account_snapshots
    GROUP BY creator_id
),
summary AS (
    SELECT creator_id, sum(gross_cents) AS gross_cents FROM fanvue.earnings_summary_days GROUP BY creator_id
),
-- Who has months in the mart has rows; only of the others the rows are looked for.
covered AS (
    SELECT v.creator_id, min(v.window_start) AS window_start
    FROM meta.coverage v
    WHERE v.stream = 'earnings' AND v.creator_id NOT IN (SELECT creator_id FROM mart.agg_creator_month WHERE creator_id IS NOT NULL)
    GROUP BY v.creator_id
),
present AS (
    SELECT DISTINCT e.creator_id FROM fanvue.earnings e SEMI JOIN covered v ON v.creator_id = e.creator_id
)
SELECT v.creator_id, a.total_gross_cents, CAST(s.gross_cents AS BIGINT) AS summary_gross_cents
FROM covered v
LEFT JOIN fanvue.creators c ON c.creator_id = v.creator_id
LEFT JOIN account a ON a.creator_id = v.creator_id
LEFT JOIN summary s ON s.creator_id = v.creator_id
WHERE v.creator_id NOT IN (SELECT creator_id FROM present)
    AND (c.registered_at IS NULL OR v.window_start <= c.registered_at + INTERVAL 1 DAY)
    AND (a.total_gross_cents > 0 OR s.gross_cents > 0)
