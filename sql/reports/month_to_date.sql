-- Month to date against the same days of the month before.
-- answers: Is this month ahead of the last one by now, and where would it end if it went on like this?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   as_of: date, default yesterday. Last complete day, in the creator's time zone.
-- columns:
--   creator: Label of the creator, else the handle.
--   mtd_cents: Net from the first of the month to as_of, US cents.
--   prev_mtd_cents: Net of the same days of the month before, US cents.
--   mtd_change: Growth; NULL if the month before had 0.
--   run_rate_cents: Estimate of the whole month, a straight line, US cents.
--   complete_days: Days from the first of the month to as_of.
--   days_in_month: Days of the month.
SELECT
    coalesce(d.label, CAST(m.creator_id AS VARCHAR)) AS creator,
    m.mtd_cents,
    m.prev_mtd_cents,
    m.mtd_change,
    m.run_rate_cents,
    m.complete_days,
    m.days_in_month
FROM mart.mtd(CAST($as_of AS DATE)) m
LEFT JOIN mart.dim_creators d ON d.creator_id = m.creator_id
WHERE $creator IS NULL OR m.creator_id = CAST($creator AS UUID)
ORDER BY m.mtd_cents DESC, creator, m.creator_id
