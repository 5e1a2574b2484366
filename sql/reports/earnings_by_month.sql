-- Earnings by creator and month.
-- answers: What did each creator sell, give back, pay in fees and keep in each month?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 11. First month, in the creator's time zone.
--   to: month, default this month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   earned_month: First day of the month in the creator's time zone.
--   gross_sales_cents: Gross of what fans paid, reversals left out, US cents.
--   refunds_gross_cents: Gross of refunds, zero or negative, US cents.
--   chargebacks_gross_cents: Gross of chargebacks, zero or negative, US cents.
--   other_reversals_gross_cents: Gross of other reversals, US cents.
--   net_sales_cents: Sum of the four before, US cents.
--   platform_fees_cents: Gross less net of what fans paid, US cents.
--   rewards_cents: Net of referrals, affiliate commission and giveaways, US cents.
--   net_earnings_cents: Net of all rows: net sales less fees and with rewards, US cents.
--   pending_cents: Of these, not yet available for payout as last read, US cents.
--   sales_count: Sales.
--   paying_fans: Distinct fans with a sale.
SELECT
    coalesce(d.label, CAST(a.creator_id AS VARCHAR)) AS creator,
    a.earned_month,
    a.gross_sales_cents,
    a.refunds_gross_cents,
    a.chargebacks_gross_cents,
    a.other_reversals_gross_cents,
    a.net_sales_cents,
    a.platform_fees_cents,
    a.rewards_cents,
    a.net_earnings_cents,
    a.pending_cents,
    a.sales_count,
    a.paying_fans
FROM mart.agg_creator_month a
LEFT JOIN mart.dim_creators d ON d.creator_id = a.creator_id
WHERE a.earned_month BETWEEN $from AND $to AND ($creator IS NULL OR a.creator_id = CAST($creator AS UUID))
ORDER BY creator, a.creator_id, a.earned_month
