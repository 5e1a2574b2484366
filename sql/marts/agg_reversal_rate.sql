-- How much of a month's sales was taken back later (M3): a reversal counts in the month of its sale, so young months still grow.
-- grain: one row per creator and month of the creator's time zone that has earnings
-- key: creator_id, earned_month
-- sources: mart.agg_creator_month, mart.fct_earnings, mart.dim_today
-- build: view
-- example: SELECT earned_month, reversal_rate_value FROM mart.agg_reversal_rate WHERE is_mature
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   earned_month: First day of the month of the sale in the creator's reporting time zone.
--   sales_cents: Gross sales of the month, US cents.
--   sales_count: Sales of the month.
--   reversed_cents: Gross of the reversals of these sales, whenever they happened, as a positive amount, US cents. Reversals of unknown sales are in no month.
--   reversed_orders: Orders of the month that were taken back, whole or in part.
--   reversal_count: Reversals of these sales; an order may have several.
--   reversal_rate_value: reversed_cents / sales_cents, cohort basis, 0 to 1; NULL without sales.
--   reversal_rate_count: reversed_orders / sales_count, cohort basis, 0 to 1; NULL without sales.
--   as_of_date: Day in the creator's time zone up to which reversals are known; print it with the rate.
--   days_since_month_end: Whole days from the end of the month to as_of_date; negative while the month is open.
--   is_mature: Whether the month ended 60 days or more before as_of_date; before that most chargebacks are still to come.
WITH taken AS (
    SELECT
        creator_id,
        CAST(date_trunc('month', (original_earned_at AT TIME ZONE 'UTC') AT TIME ZONE reporting_timezone) AS DATE) AS earned_month,
        CAST(-sum(gross_cents) AS BIGINT) AS reversed_cents,
        count(DISTINCT reversed_transaction_order_id) AS reversed_orders,
        count(*) AS reversal_count
    FROM mart.fct_earnings
    WHERE is_reversal AND original_earned_at IS NOT NULL
    GROUP BY ALL
)
SELECT
    a.creator_id,
    a.earned_month,
    a.gross_sales_cents AS sales_cents,
    a.sales_count,
    coalesce(r.reversed_cents, 0) AS reversed_cents,
    coalesce(r.reversed_orders, 0) AS reversed_orders,
    coalesce(r.reversal_count, 0) AS reversal_count,
    round(coalesce(r.reversed_cents, 0) / nullif(a.gross_sales_cents, 0), 4) AS reversal_rate_value,
    round(coalesce(r.reversed_orders, 0) / nullif(a.sales_count, 0), 4) AS reversal_rate_count,
    t.today AS as_of_date,
    date_diff('day', last_day(a.earned_month), t.today) - 1 AS days_since_month_end,
    date_diff('day', last_day(a.earned_month), t.today) - 1 >= 60 AS is_mature
FROM mart.agg_creator_month a
LEFT JOIN taken r ON r.creator_id = a.creator_id AND r.earned_month = a.earned_month
LEFT JOIN mart.dim_today t ON t.creator_id = a.creator_id
