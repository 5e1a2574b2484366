-- Earnings of a creator's days; a reversal counts on the day it happened, so a day can be negative.
-- grain: one row per creator and day of the creator's time zone that has earnings
-- key: creator_id, earned_date
-- sources: mart.fct_earnings
-- build: month
-- example: SELECT earned_date, net_earnings_cents FROM mart.agg_creator_day ORDER BY earned_date
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   earned_date: Day in the creator's reporting time zone.
--   earned_month: First day of the month in the creator's reporting time zone.
--   gross_sales_cents: Gross of what fans paid, reversals left out, US cents.
--   reversals_gross_cents: Gross of everything fans paid that takes a sale back, US cents.
--   net_sales_cents: Gross of everything fans paid, reversals included, US cents.
--   platform_fees_cents: Gross less net of everything fans paid, reversals included, US cents.
--   rewards_cents: Net of what no fan paid, US cents.
--   net_earnings_cents: Net of all rows, US cents.
--   pending_cents: Net of rows whose balance is pending as last read, US cents.
--   row_count: Earning rows of the day.
--   sales_count: Rows paid by fans, reversals left out.
--   paying_fans: Distinct fans with at least one sale.
SELECT
    f.creator_id,
    f.earned_date,
    f.earned_month,
    CAST(coalesce(sum(f.gross_cents) FILTER (f.is_fan_paid AND NOT f.is_reversal), 0) AS BIGINT) AS gross_sales_cents,
    CAST(coalesce(sum(f.gross_cents) FILTER (f.is_fan_paid AND f.is_reversal), 0) AS BIGINT) AS reversals_gross_cents,
    CAST(coalesce(sum(f.gross_cents) FILTER (f.is_fan_paid), 0) AS BIGINT) AS net_sales_cents,
    CAST(coalesce(sum(f.fee_cents) FILTER (f.is_fan_paid), 0) AS BIGINT) AS platform_fees_cents,
    CAST(coalesce(sum(f.net_cents) FILTER (NOT f.is_fan_paid), 0) AS BIGINT) AS rewards_cents,
    CAST(sum(f.net_cents) AS BIGINT) AS net_earnings_cents,
    CAST(coalesce(sum(f.net_cents) FILTER (f.balance_status = 'pendingBalance'), 0) AS BIGINT) AS pending_cents,
    count(*) AS row_count,
    count(*) FILTER (f.is_fan_paid AND NOT f.is_reversal) AS sales_count,
    count(DISTINCT f.fan_id) FILTER (f.is_fan_paid AND NOT f.is_reversal) AS paying_fans
FROM mart.fct_earnings f
SEMI JOIN temp.touched t ON t.creator_id = f.creator_id AND t.month = f.earned_month
WHERE f.earned_at >= getvariable('touched_from') AND f.earned_at < getvariable('touched_to')
GROUP BY f.creator_id, f.earned_date, f.earned_month
