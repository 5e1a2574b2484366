-- Gross sales and reversals make net sales, and net sales less fees with rewards make net earnings, in every month of every creator.
-- severity: data
-- columns:
--   creator_id: Creator.
--   earned_month: Month that does not add up.
--   net_sales_diff_cents: Gross sales with all reversals, less net sales, US cents.
--   net_earnings_diff_cents: Net sales less fees with rewards, less net earnings, US cents.
SELECT
    creator_id,
    earned_month,
    gross_sales_cents + refunds_gross_cents + chargebacks_gross_cents + other_reversals_gross_cents - net_sales_cents AS net_sales_diff_cents,
    net_sales_cents - platform_fees_cents + rewards_cents - net_earnings_cents AS net_earnings_diff_cents
FROM mart.agg_creator_month
WHERE gross_sales_cents + refunds_gross_cents + chargebacks_gross_cents + other_reversals_gross_cents <> net_sales_cents
    OR net_sales_cents - platform_fees_cents + rewards_cents <> net_earnings_cents
