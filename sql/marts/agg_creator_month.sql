-- Earnings of a creator's months; a reversal counts in the month it happened.
-- grain: one row per creator and month of the creator's time zone that has earnings; a month without a row is not a month of zero unless it is covered
-- key: creator_id, earned_month
-- sources: mart.fct_earnings
-- build: month
-- example: SELECT earned_month, net_earnings_cents FROM mart.agg_creator_month ORDER BY earned_month
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   earned_month: First day of the month in the creator's reporting time zone.
--   gross_sales_cents: Gross of what fans paid, reversals left out, US cents.
--   refunds_gross_cents: Gross of refunds, zero or negative, US cents.
--   chargebacks_gross_cents: Gross of chargebacks, zero or negative, US cents.
--   other_reversals_gross_cents: Gross of other rows paid by fans that take a sale back, US cents.
--   net_sales_cents: Gross sales with refunds, chargebacks and other reversals taken off, US cents.
--   platform_fees_cents: Gross less net of everything fans paid, reversals included, US cents.
--   creator_sales_earnings_cents: Net of everything fans paid, reversals included, US cents.
--   rewards_cents: Net of referrals, affiliate commission, giveaways and anything else no fan paid, US cents.
--   net_earnings_cents: Net of all rows, US cents: the headline.
--   pending_cents: Net of rows whose balance is pending as last read, US cents.
--   pending_count: Rows whose balance is pending as last read.
--   row_count: Earning rows of the month.
--   sales_count: Rows paid by fans, reversals left out.
--   paying_fans: Distinct fans with at least one sale; rows without a fan are left out.
--   rows_without_fan: Sales that name no fan and so are not in paying_fans.
--   first_earned_at: Instant of the first row (UTC).
--   last_earned_at: Instant of the last row (UTC).
--   reporting_timezone: IANA time zone of earned_month.
SELECT
    f.creator_id,
    f.earned_month,
    CAST(coalesce(sum(f.gross_cents) FILTER (f.is_fan_paid AND NOT f.is_reversal), 0) AS BIGINT) AS gross_sales_cents,
    CAST(coalesce(sum(f.gross_cents) FILTER (f.source = 'refund'), 0) AS BIGINT) AS refunds_gross_cents,
    CAST(coalesce(sum(f.gross_cents) FILTER (f.source = 'chargeback'), 0) AS BIGINT) AS chargebacks_gross_cents,
    CAST(coalesce(sum(f.gross_cents) FILTER (f.is_fan_paid AND f.is_reversal AND f.source NOT IN ('refund', 'chargeback')), 0) AS BIGINT) AS other_reversals_gross_cents,
    CAST(coalesce(sum(f.gross_cents) FILTER (f.is_fan_paid), 0) AS BIGINT) AS net_sales_cents,
    CAST(coalesce(sum(f.fee_cents) FILTER (f.is_fan_paid), 0) AS BIGINT) AS platform_fees_cents,
    CAST(coalesce(sum(f.net_cents) FILTER (f.is_fan_paid), 0) AS BIGINT) AS creator_sales_earnings_cents,
    CAST(coalesce(sum(f.net_cents) FILTER (NOT f.is_fan_paid), 0) AS BIGINT) AS rewards_cents,
    CAST(sum(f.net_cents) AS BIGINT) AS net_earnings_cents,
    CAST(coalesce(sum(f.net_cents) FILTER (f.balance_status = 'pendingBalance'), 0) AS BIGINT) AS pending_cents,
    count(*) FILTER (f.balance_status = 'pendingBalance') AS pending_count,
    count(*) AS row_count,
    count(*) FILTER (f.is_fan_paid AND NOT f.is_reversal) AS sales_count,
    count(DISTINCT f.fan_id) FILTER (f.is_fan_paid AND NOT f.is_reversal) AS paying_fans,
    count(*) FILTER (f.is_fan_paid AND NOT f.is_reversal AND f.fan_id IS NULL) AS rows_without_fan,
    min(f.earned_at) AS first_earned_at,
    max(f.earned_at) AS last_earned_at,
    max(f.reporting_timezone) AS reporting_timezone
FROM mart.fct_earnings f
SEMI JOIN temp.touched t ON t.creator_id = f.creator_id AND t.month = f.earned_month
WHERE f.earned_at >= getvariable('touched_from') AND f.earned_at < getvariable('touched_to')
GROUP BY f.creator_id, f.earned_month
