-- Creator and month of the rows in load.changed_earnings, and of the reversals that take their orders back.
WITH account AS (
    SELECT coalesce(max(value), 'UTC') AS reporting_timezone FROM cfg.settings WHERE key = 'timezone'
),
changed AS (
    SELECT creator_id, earned_at FROM load.changed_earnings
    UNION
    SELECT r.creator_id, r.earned_at
    FROM fanvue.earnings r
    WHERE (r.creator_id, r.reversed_transaction_order_id) IN (
        SELECT creator_id, transaction_order_id FROM load.changed_earnings WHERE transaction_order_id IS NOT NULL)
)
SELECT DISTINCT
    CAST(x.creator_id AS VARCHAR) AS creator_id,
    CAST(date_trunc('month', (x.earned_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(u.reporting_timezone, g.reporting_timezone, a.reporting_timezone)) AS DATE) AS month
FROM changed x
CROSS JOIN account a
LEFT JOIN fanvue.creators c ON c.creator_id = x.creator_id
LEFT JOIN cfg.creators g ON g.handle = lower(c.handle)
LEFT JOIN cfg.creators u ON u.handle = CAST(x.creator_id AS VARCHAR)
ORDER BY creator_id, month
