-- Sales by hour of the day.
-- answers: At which hours of the creator's day do fans pay?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 2. First month, in the creator's time zone.
--   to: month, default last month. Last month.
-- columns:
--   hour: Hour of the day in each creator's time zone, 0 to 23.
--   sales_count: Sales.
--   gross_sales_cents: Gross of what fans paid, reversals left out, US cents.
--   gross_share: Share of all hours.
-- Time zones differ by quarters of an hour: what a quarter sums up to is moved
-- to local time, as the calendar of a time zone costs more than all the rest.
WITH quarters AS (
    SELECT f.reporting_timezone, epoch_us(f.earned_at) // 900000000 AS quarter, count(*) AS sales_count, sum(f.gross_cents) AS gross_sales_cents
    FROM mart.fct_earnings f
    WHERE f.is_fan_paid AND NOT f.is_reversal AND f.earned_month BETWEEN $from AND $to
        AND ($creator IS NULL OR f.creator_id = CAST($creator AS UUID))
    GROUP BY ALL
),
hours AS (
    SELECT
        hour((make_timestamp(quarter * 900000000) AT TIME ZONE 'UTC') AT TIME ZONE reporting_timezone) AS hour,
        CAST(sum(sales_count) AS BIGINT) AS sales_count,
        CAST(sum(gross_sales_cents) AS BIGINT) AS gross_sales_cents
    FROM quarters
    GROUP BY ALL
)
SELECT hour, sales_count, gross_sales_cents, round(gross_sales_cents / nullif(sum(gross_sales_cents) OVER (), 0), 4) AS gross_share
FROM hours
ORDER BY hour
