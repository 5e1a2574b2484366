-- Who paid in a month, and how much on average: paying fans, ARPPU and average sale, with what names no fan beside.
-- grain: one row per creator and month of the creator's time zone that has earnings
-- key: creator_id, earned_month
-- sources: mart.agg_creator_month, mart.agg_fan_month, mart.agg_fan_lifetime
-- build: view
-- example: SELECT earned_month, paying_fans, arppu_net_cents FROM mart.agg_paying_fans_month ORDER BY earned_month
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   earned_month: First day of the month in the creator's reporting time zone.
--   paying_fans: Distinct fans with at least one sale; rows without a fan are left out.
--   new_paying_fans: Of these, those whose first sale ever to the creator is of this month.
--   returning_paying_fans: Of these, those who paid the creator before this month.
--   arppu_net_cents: Net of everything fans paid, reversals included, per paying fan, US cents; NULL without one.
--   avg_sale_gross_cents: Gross sales per sale, US cents (AOV, per transaction); NULL without one.
--   sales_without_fan: Sales that name no fan: in the money, in no count of fans.
--   gross_without_fan_cents: Gross of these sales, US cents.
--   net_without_fan_cents: Net of everything fans paid, reversals included, that names no fan, US cents.
WITH fans AS (
    SELECT creator_id, cohort_month, count(*) AS new_paying_fans
    FROM mart.agg_fan_lifetime
    GROUP BY creator_id, cohort_month
)
SELECT
    a.creator_id,
    a.earned_month,
    a.paying_fans,
    coalesce(f.new_paying_fans, 0) AS new_paying_fans,
    a.paying_fans - coalesce(f.new_paying_fans, 0) AS returning_paying_fans,
    CAST(round(a.creator_sales_earnings_cents / nullif(a.paying_fans, 0)) AS BIGINT) AS arppu_net_cents,
    CAST(round(a.gross_sales_cents / nullif(a.sales_count, 0)) AS BIGINT) AS avg_sale_gross_cents,
    a.rows_without_fan AS sales_without_fan,
    coalesce(n.gross_sales_cents, 0) AS gross_without_fan_cents,
    coalesce(n.net_cents, 0) AS net_without_fan_cents
FROM mart.agg_creator_month a
LEFT JOIN fans f ON f.creator_id = a.creator_id AND f.cohort_month = a.earned_month
LEFT JOIN mart.agg_fan_month n ON n.creator_id = a.creator_id AND n.earned_month = a.earned_month AND n.fan_id IS NULL
