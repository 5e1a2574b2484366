-- The account's balance at the last read at or before an instant, and at the first one at or after another.
WITH reads AS (
    SELECT walk_start_at, walk_end_at
    FROM meta.slices
    WHERE stream = 'account' AND table_name = 'account_snapshots' AND is_complete AND creator_id = CAST($1 AS UUID)
),
bounds AS (
    SELECT 'opening' AS side, max(walk_start_at) AS read_at, arg_max(walk_end_at, walk_start_at) AS until FROM reads WHERE walk_start_at <= $2
    UNION ALL
    SELECT 'closing', min(walk_start_at), arg_min(walk_end_at, walk_start_at) FROM reads WHERE walk_start_at >= $3
)
SELECT b.side, b.read_at, arg_max_null(a.available_balance_cents, a.fetched_at) AS available_balance_cents, arg_max_null(a.last_payout_at, a.fetched_at) AS last_payout_at
FROM bounds b
JOIN fanvue.account_snapshots a ON a.creator_id = CAST($1 AS UUID) AND a.fetched_at <= greatest(b.read_at, b.until)
WHERE b.read_at IS NOT NULL
GROUP BY b.side, b.read_at
ORDER BY b.side
