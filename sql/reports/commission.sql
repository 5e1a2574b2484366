-- Commission of the agency.
-- answers: What does the agency take of each month by the terms in force, and what is paid to the creator?
-- needs: commission terms, earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 11. First month, in the creator's time zone.
--   to: month, default last month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   earned_month: First day of the month.
--   basis: net (creator's earnings from sales) or gross (net sales).
--   base_cents: Amount of the month by the terms, US cents.
--   carried_in_cents: What months before left below zero, US cents.
--   commissionable_cents: Sum of both, at least 0, US cents.
--   commission_cents: Commission by marginal tiers, US cents.
--   effective_rate: Commission per base; NULL if that is not positive.
--   carried_negative_cents: What is below zero after the month, US cents.
--   net_earnings_cents: Net of all rows of the month, US cents.
--   creator_payout_cents: Net earnings less commission, US cents.
--   is_partial: Whether the month is not over.
SELECT
    coalesce(d.label, CAST(c.creator_id AS VARCHAR)) AS creator,
    c.earned_month,
    c.basis,
    c.base_cents,
    c.carried_in_cents,
    c.commissionable_cents,
    c.commission_cents,
    c.effective_rate,
    c.carried_negative_cents,
    c.net_earnings_cents,
    c.creator_payout_cents,
    c.is_partial
FROM mart.rpt_commission_month c
LEFT JOIN mart.dim_creators d ON d.creator_id = c.creator_id
WHERE c.earned_month BETWEEN $from AND $to AND ($creator IS NULL OR c.creator_id = CAST($creator AS UUID))
ORDER BY creator, c.creator_id, c.earned_month
