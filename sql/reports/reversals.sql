-- Refunds and chargebacks, one by one.
-- answers: What was taken back, when, of which sale and for how much?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month. First month in which they happened, in the creator's time zone.
--   to: month, default this month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   earned_at: Instant (UTC) of the reversal.
--   source: refund, chargeback or the source of another reversal.
--   gross_cents: Gross, negative, US cents.
--   net_cents: Net, negative, US cents.
--   attributed_source: Source of the sale; unattributed if it is not known.
--   original_earned_at: Instant (UTC) of the sale, NULL if it is not known.
--   days_after: Days from the sale to the reversal.
--   fan_id: Fan, as pseudonym.
--   transaction_order_id: Order of the reversal, if it has one.
--   reversed_transaction_order_id: Order that is taken back.
SELECT
    coalesce(d.label, CAST(f.creator_id AS VARCHAR)) AS creator,
    f.earned_at,
    f.source,
    f.gross_cents,
    f.net_cents,
    f.attributed_source,
    f.original_earned_at,
    date_diff('hour', f.original_earned_at, f.earned_at) // 24 AS days_after,
    f.fan_id,
    f.transaction_order_id,
    f.reversed_transaction_order_id
FROM mart.fct_earnings f
LEFT JOIN mart.dim_creators d ON d.creator_id = f.creator_id
WHERE f.is_reversal AND f.earned_month BETWEEN $from AND $to AND ($creator IS NULL OR f.creator_id = CAST($creator AS UUID))
ORDER BY f.earned_at DESC, creator, f.earning_id
