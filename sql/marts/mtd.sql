-- Month to date against the same days of the month before, and the month's net if the other days were like these: an estimate (M5). as_of is the last complete day, a DATE in each creator's time zone, such as last_complete_date of mart.dim_today.
-- grain: one row per creator with earnings
-- key: creator_id
-- sources: mart.agg_creator_day
-- build: macro
-- parameters: as_of
-- example: SELECT * FROM mart.mtd(DATE '2026-02-12')
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   mtd_cents: Net earnings from the first of the month of as_of up to and including as_of, US cents.
--   prev_mtd_cents: Net earnings of the same days of the month before; of the whole month if that is shorter, US cents.
--   mtd_change: (mtd_cents - prev_mtd_cents) / |prev_mtd_cents|; NULL if that is 0.
--   run_rate_cents: Estimate: mtd_cents / complete_days * days_in_month, US cents, rounded half away from zero. A straight line, no forecast.
--   complete_days: Days from the first of the month to as_of.
--   days_in_month: Days of the month of as_of.
WITH cut AS (
    SELECT
        CAST(as_of AS DATE) AS last_date,
        CAST(date_trunc('month', CAST(as_of AS DATE)) AS DATE) AS month_start,
        CAST(date_trunc('month', CAST(as_of AS DATE)) - INTERVAL 1 MONTH AS DATE) AS prev_start
),
sums AS (
    SELECT
        d.creator_id,
        CAST(coalesce(sum(d.net_earnings_cents) FILTER (d.earned_month = c.month_start AND d.earned_date <= c.last_date), 0) AS BIGINT) AS mtd_cents,
        CAST(coalesce(sum(d.net_earnings_cents) FILTER (d.earned_month = c.prev_start AND day(d.earned_date) <= day(c.last_date)), 0) AS BIGINT) AS prev_mtd_cents,
        day(c.last_date) AS complete_days,
        day(last_day(c.last_date)) AS days_in_month
    FROM mart.agg_creator_day d
    CROSS JOIN cut c
    GROUP BY d.creator_id, c.last_date
)
SELECT
    creator_id,
    mtd_cents,
    prev_mtd_cents,
    round((mtd_cents - prev_mtd_cents) / nullif(abs(prev_mtd_cents), 0), 4) AS mtd_change,
    CAST(sign(mtd_cents) * ((2 * abs(mtd_cents) * days_in_month + complete_days) // (2 * complete_days)) AS BIGINT) AS run_rate_cents,
    complete_days,
    days_in_month
FROM sums
