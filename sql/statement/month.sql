-- Figures of one month of a creator.
SELECT gross_sales_cents, refunds_gross_cents, chargebacks_gross_cents, other_reversals_gross_cents, net_sales_cents,
    platform_fees_cents, rewards_cents, net_earnings_cents, pending_cents, pending_count, row_count
FROM mart.agg_creator_month
WHERE creator_id = CAST(? AS UUID) AND earned_month = CAST(? AS DATE)
