-- Pending money by age.
-- answers: How much is earned and not yet available for payout, and for how long?
-- empty: No money is pending.
-- parameters:
--   creator: creator, default all. Only this creator.
-- columns:
--   creator: Label of the creator, else the handle.
--   pending_cents: Net of pending rows, US cents.
--   pending_count: Pending rows.
--   under_7_days_cents: Of these, earned less than 7 days before the last run, US cents.
--   under_14_days_cents: 7 to 13 days, US cents.
--   under_28_days_cents: 14 to 27 days, US cents.
--   older_cents: 28 days or more, which is longer than the platform usually holds money, US cents.
--   oldest_at: Instant (UTC) of the oldest.
WITH today AS (
    SELECT max(server_time) AS at FROM meta.runs WHERE finished_at IS NOT NULL
),
months AS (
    -- Where anything is pending; the rows of all other months need no look.
    SELECT creator_id, earned_month FROM mart.agg_creator_month WHERE pending_count > 0
),
pending AS (
    SELECT f.creator_id, f.net_cents, f.earned_at, date_diff('hour', f.earned_at, t.at) // 24 AS age_days
    FROM mart.fct_earnings f
    SEMI JOIN months m ON m.creator_id = f.creator_id AND m.earned_month = f.earned_month
    CROSS JOIN today t
    WHERE f.balance_status = 'pendingBalance' AND ($creator IS NULL OR f.creator_id = CAST($creator AS UUID))
)
SELECT
    coalesce(any_value(d.label), CAST(p.creator_id AS VARCHAR)) AS creator,
    CAST(sum(p.net_cents) AS BIGINT) AS pending_cents,
    count(*) AS pending_count,
    CAST(coalesce(sum(p.net_cents) FILTER (p.age_days < 7), 0) AS BIGINT) AS under_7_days_cents,
    CAST(coalesce(sum(p.net_cents) FILTER (p.age_days >= 7 AND p.age_days < 14), 0) AS BIGINT) AS under_14_days_cents,
    CAST(coalesce(sum(p.net_cents) FILTER (p.age_days >= 14 AND p.age_days < 28), 0) AS BIGINT) AS under_28_days_cents,
    CAST(coalesce(sum(p.net_cents) FILTER (p.age_days >= 28), 0) AS BIGINT) AS older_cents,
    min(p.earned_at) AS oldest_at
FROM pending p
LEFT JOIN mart.dim_creators d ON d.creator_id = p.creator_id
GROUP BY p.creator_id
ORDER BY pending_cents DESC, creator, p.creator_id
