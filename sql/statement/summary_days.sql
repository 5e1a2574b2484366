-- Closed UTC days of a creator in the platform's own summary, whose figures leave reversals out.
SELECT period_date, gross_cents
FROM fanvue.earnings_summary_days
WHERE creator_id = CAST(? AS UUID) AND coalesce(timezone, 'UTC') IN ('UTC', 'Etc/UTC', 'GMT')
    AND period_date >= CAST(? AS DATE) AND period_date < CAST(? AS DATE)
    AND fetched_at >= CAST(period_date AS TIMESTAMP) + INTERVAL 1 DAY + INTERVAL 10 MINUTE
ORDER BY period_date
