-- What each fan paid in a month: the base of everything about fans. A reversal counts in the month it happened.
-- grain: one row per creator, month of the creator's time zone and fan with a row that a fan paid; one row without a fan for those that name none
-- key: creator_id, earned_month, fan_id
-- sources: mart.fct_earnings
-- build: month
-- example: SELECT fan_id, net_cents FROM mart.agg_fan_month WHERE fan_id IS NOT NULL ORDER BY net_cents DESC LIMIT 10
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   earned_month: First day of the month in the creator's reporting time zone.
--   fan_id: Fan, as pseudonym; NULL collects the rows that name none. They are money, but no fan.
--   sales_count: Sales, reversals left out.
--   gross_sales_cents: Gross of the sales, US cents.
--   reversal_count: Reversals.
--   reversed_gross_cents: Gross of the reversals, zero or negative, US cents.
--   net_cents: Net of sales and reversals, US cents.
--   message_sales_count: Sales of paid messages.
--   tip_sales_count: Tips.
--   subscription_count: First payments of a subscription (source subscription).
--   renewal_count: Renewals.
--   is_subscribed_first: Whether the fan's first subscription payment of the month (UTC instants; of the same instant, a subscription) was no renewal; NULL in a month without one.
--   first_paid_date: Day of the first sale in the creator's time zone; NULL in a month of reversals alone.
--   last_paid_date: Day of the last sale.
SELECT
    f.creator_id,
    f.earned_month,
    f.fan_id,
    count(*) FILTER (NOT f.is_reversal) AS sales_count,
    CAST(coalesce(sum(f.gross_cents) FILTER (NOT f.is_reversal), 0) AS BIGINT) AS gross_sales_cents,
    count(*) FILTER (f.is_reversal) AS reversal_count,
    CAST(coalesce(sum(f.gross_cents) FILTER (f.is_reversal), 0) AS BIGINT) AS reversed_gross_cents,
    CAST(sum(f.net_cents) AS BIGINT) AS net_cents,
    count(*) FILTER (NOT f.is_reversal AND f.source = 'message') AS message_sales_count,
    count(*) FILTER (NOT f.is_reversal AND f.source = 'tip') AS tip_sales_count,
    count(*) FILTER (NOT f.is_reversal AND f.source = 'subscription') AS subscription_count,
    count(*) FILTER (NOT f.is_reversal AND f.source = 'renewal') AS renewal_count,
    -- One number, the instant and behind it the source, is several times cheaper than arg_min.
    (min(CASE WHEN NOT f.is_reversal AND f.source IN ('subscription', 'renewal') THEN 2 * epoch_us(f.earned_at) + CAST(f.source = 'renewal' AS BIGINT) END) & 1) = 0 AS is_subscribed_first,
    min(f.earned_date) FILTER (NOT f.is_reversal) AS first_paid_date,
    max(f.earned_date) FILTER (NOT f.is_reversal) AS last_paid_date
FROM mart.fct_earnings f
SEMI JOIN temp.touched t ON t.creator_id = f.creator_id AND t.month = f.earned_month
WHERE f.is_fan_paid AND f.earned_at >= getvariable('touched_from') AND f.earned_at < getvariable('touched_to')
GROUP BY f.creator_id, f.earned_month, f.fan_id
