-- What each fan has paid a creator in all.
-- grain: one row per creator and fan who ever paid; rows that name no fan are left out, see rpt_whale_concentration for their sums
-- key: creator_id, fan_id
-- sources: mart.agg_fan_month
-- build: view
-- example: SELECT fan_id, net_cents, last_paid_date FROM mart.agg_fan_lifetime ORDER BY net_cents DESC LIMIT 20
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   fan_id: Fan, as pseudonym; the same fan of two creators has two rows.
--   cohort_month: First day of the month of the first sale, in the creator's reporting time zone; NULL if only reversals are known.
--   first_paid_date: Day of the first sale in the creator's time zone.
--   last_paid_date: Day of the last sale.
--   paying_months: Months with a sale.
--   sales_count: Sales, reversals left out.
--   gross_sales_cents: Gross of the sales, US cents.
--   reversal_count: Reversals.
--   reversed_gross_cents: Gross of the reversals, zero or negative, US cents.
--   net_cents: Net of sales and reversals, US cents: the fan's realised lifetime value.
SELECT
    creator_id,
    fan_id,
    min(earned_month) FILTER (sales_count > 0) AS cohort_month,
    min(first_paid_date) AS first_paid_date,
    max(last_paid_date) AS last_paid_date,
    count(*) FILTER (sales_count > 0) AS paying_months,
    CAST(sum(sales_count) AS BIGINT) AS sales_count,
    CAST(sum(gross_sales_cents) AS BIGINT) AS gross_sales_cents,
    CAST(sum(reversal_count) AS BIGINT) AS reversal_count,
    CAST(sum(reversed_gross_cents) AS BIGINT) AS reversed_gross_cents,
    CAST(sum(net_cents) AS BIGINT) AS net_cents
FROM mart.agg_fan_month
WHERE fan_id IS NOT NULL
GROUP BY creator_id, fan_id
