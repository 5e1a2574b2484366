-- How long money stays pending.
-- answers: In which months did earnings become available, and how many days after they were earned?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 2. First month of earning, in the creator's time zone.
-- columns:
--   creator: Label of the creator, else the handle.
--   earned_month: First day of the month in which it was earned, in the creator's time zone.
--   became_available_count: Rows that were seen pending and later available.
--   median_days: Days from earning to the first answer that had it available: at most a night late.
--   longest_days: The longest of them.
--   still_pending_count: Rows that are pending as last read.
--   still_pending_cents: Their net, US cents.
WITH seen AS (
    SELECT c.creator_id, c.earning_id,
        min(c.seen_at) FILTER (c.status = 'pendingBalance') AS pending_at,
        min(c.seen_at) FILTER (c.status = 'availableForPayout') AS available_at
    FROM fanvue.earning_status_changes c
    WHERE c.seen_at >= $from AND ($creator IS NULL OR c.creator_id = CAST($creator AS UUID))
    GROUP BY c.creator_id, c.earning_id
),
rows AS (
    SELECT f.creator_id, f.earned_month, f.net_cents, f.balance_status,
        CASE WHEN s.pending_at < s.available_at THEN date_diff('minute', f.earned_at, s.available_at) / 1440 END AS days
    FROM mart.fct_earnings f
    LEFT JOIN seen s ON s.creator_id = f.creator_id AND s.earning_id = f.earning_id
    WHERE f.earned_month >= $from AND ($creator IS NULL OR f.creator_id = CAST($creator AS UUID))
)
SELECT
    coalesce(any_value(d.label), CAST(r.creator_id AS VARCHAR)) AS creator,
    r.earned_month,
    count(r.days) AS became_available_count,
    round(median(r.days), 1) AS median_days,
    round(max(r.days), 1) AS longest_days,
    count(*) FILTER (r.balance_status = 'pendingBalance') AS still_pending_count,
    CAST(coalesce(sum(r.net_cents) FILTER (r.balance_status = 'pendingBalance'), 0) AS BIGINT) AS still_pending_cents
FROM rows r
LEFT JOIN mart.dim_creators d ON d.creator_id = r.creator_id
GROUP BY r.creator_id, r.earned_month
ORDER BY creator, r.creator_id, r.earned_month
