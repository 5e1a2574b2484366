-- New, returning and renewing payments.
-- answers: Who paid for a subscription in a month for the first time, again, or as a renewal?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 11. First month, in the creator's time zone.
--   to: month, default this month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   earned_month: First day of the month.
--   new_paying_subscribers: Fans whose first subscription payment ever is of the month.
--   resubscribed: Fans with a first payment of a subscription that is not their first ever.
--   renewed: Fans with a renewal.
--   billed_cents: Gross of all of it: what was billed, not MRR, US cents.
--   new_billed_cents: The part of first payments, US cents.
--   recurring_billed_cents: The part of renewals, US cents.
SELECT
    coalesce(d.label, CAST(p.creator_id AS VARCHAR)) AS creator,
    p.earned_month,
    p.new_paying_subscribers,
    p.resubscribed,
    p.renewed,
    p.billed_cents,
    p.new_billed_cents,
    p.recurring_billed_cents
FROM mart.agg_subscriber_payments_month p
LEFT JOIN mart.dim_creators d ON d.creator_id = p.creator_id
WHERE p.earned_month BETWEEN $from AND $to AND ($creator IS NULL OR p.creator_id = CAST($creator AS UUID))
ORDER BY creator, p.creator_id, p.earned_month
