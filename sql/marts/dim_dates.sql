-- Calendar without gaps over the whole years that the data touch.
-- grain: one row per day
-- key: date_day
-- sources: mart.fct_earnings, fanvue.subscriber_counts, fanvue.earnings_summary_days, fanvue.account_snapshots
-- build: whole
-- example: SELECT d.date_day, coalesce(a.net_earnings_cents, 0) AS net_earnings_cents FROM mart.dim_dates d LEFT JOIN mart.agg_creator_day a ON a.earned_date = d.date_day
-- columns:
--   date_day: Day.
--   month_start: First day of its month.
--   month_end: Last day of its month.
--   year: Calendar year.
--   quarter: Quarter, 1 to 4.
--   month: Month, 1 to 12.
--   day_of_month: Day of the month, 1 to 31.
--   iso_day_of_week: Day of the week, Monday 1 to Sunday 7.
--   iso_week: Week of the year by ISO 8601.
WITH seen AS (
    SELECT unnest([min(least(earned_date, earned_date_utc)), max(greatest(earned_date, earned_date_utc))]) AS seen_date FROM mart.fct_earnings
    UNION ALL
    SELECT unnest([min(bucket_date), max(bucket_date)]) FROM fanvue.subscriber_counts
    UNION ALL
    SELECT unnest([min(period_date), max(period_date)]) FROM fanvue.earnings_summary_days
    UNION ALL
    SELECT unnest([CAST(min(fetched_at) AS DATE), CAST(max(fetched_at) AS DATE)]) FROM fanvue.account_snapshots
),
span AS (
    SELECT min(year(seen_date)) AS first_year, max(year(seen_date)) AS last_year FROM seen
),
days AS (
    SELECT unnest(generate_series(
        CAST(make_date(first_year, 1, 1) AS TIMESTAMP),
        CAST(make_date(last_year, 12, 31) AS TIMESTAMP),
        INTERVAL 1 DAY)) AS day_at
    FROM span
)
SELECT
    CAST(day_at AS DATE) AS date_day,
    CAST(date_trunc('month', day_at) AS DATE) AS month_start,
    last_day(day_at) AS month_end,
    CAST(year(day_at) AS INTEGER) AS year,
    CAST(quarter(day_at) AS INTEGER) AS quarter,
    CAST(month(day_at) AS INTEGER) AS month,
    CAST(day(day_at) AS INTEGER) AS day_of_month,
    CAST(isodow(day_at) AS INTEGER) AS iso_day_of_week,
    CAST(weekofyear(day_at) AS INTEGER) AS iso_week
FROM days
ORDER BY date_day
