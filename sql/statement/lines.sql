-- Earnings of a creator in a window, in the order of their instants.
SELECT
    CAST(f.earning_id AS VARCHAR) AS earning_id,
    f.earned_at,
    f.source,
    f.attributed_source,
    coalesce(s.source_label, f.attributed_source) AS source_label,
    f.original_earned_at,
    f.gross_cents,
    f.net_cents,
    f.total_cents,
    coalesce(f.fan_currency, '') AS fan_currency,
    coalesce(f.transaction_order_id, '') AS transaction_order_id,
    coalesce(f.reversed_transaction_order_id, '') AS reversed_transaction_order_id,
    coalesce(f.balance_status, '') AS balance_status,
    coalesce(CAST(f.message_id AS VARCHAR), '') AS message_id,
    coalesce(CAST(f.post_id AS VARCHAR), '') AS post_id,
    coalesce(f.fan_id, '') AS fan_id,
    f.is_fan_paid,
    f.is_reversal
FROM mart.fct_earnings f
LEFT JOIN mart.dim_earning_source s ON s.source = f.attributed_source
WHERE f.creator_id = CAST(? AS UUID) AND f.earned_at >= ? AND f.earned_at < ?
ORDER BY f.earned_at, earning_id
