-- The platform's own figures of each account.
-- answers: What does the platform say can be withdrawn, when was the last payout, and how large is the audience?
-- needs: account snapshots
-- parameters:
--   creator: creator, default all. Only this creator.
-- columns:
--   creator: Label of the creator, else the handle.
--   fetched_at: Server time (UTC) since which these figures stand.
--   available_balance_cents: Balance that can be withdrawn, US cents.
--   last_payout_at: Last payout (UTC), NULL if none.
--   total_gross_cents: All-time gross of paid earnings, US cents.
--   followers: Contactable followers.
--   subscribers: Contactable subscribers.
WITH newest AS (
    SELECT * FROM fanvue.account_snapshots
    WHERE $creator IS NULL OR creator_id = CAST($creator AS UUID)
    QUALIFY row_number() OVER (PARTITION BY creator_id ORDER BY fetched_at DESC) = 1
)
SELECT
    coalesce(d.label, CAST(n.creator_id AS VARCHAR)) AS creator,
    n.fetched_at,
    n.available_balance_cents,
    n.last_payout_at,
    n.total_gross_cents,
    n.followers,
    n.subscribers
FROM newest n
LEFT JOIN mart.dim_creators d ON d.creator_id = n.creator_id
ORDER BY creator, n.creator_id
