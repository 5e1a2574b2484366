-- Earnings as analysts read them: every sale, reward and reversal, dated in the creator's time zone.
-- grain: one row per earning row of the platform, without those that the platform no longer has; reversals are negative rows of their own
-- key: creator_id, earning_id
-- sources: fanvue.earnings, mart.dim_creators, mart.dim_earning_source, mart.dim_utc_offsets
-- build: month
-- example: SELECT earned_month, sum(net_cents)::BIGINT AS net_cents FROM mart.fct_earnings GROUP BY earned_month ORDER BY earned_month
-- columns:
--   balance_status: pendingBalance or availableForPayout, as last read: a fact of now, not of the month.
--   is_reversal: Whether the row takes a sale back: a refund, a chargeback, or any row that names a reversed order.
--   is_fan_paid: Whether a fan pays it; false for rewards. For an unknown source, whether the row names a fan.
--   is_recurring: Whether it is a subscription payment, first or later.
--   source_group: Group of the source; other for an unknown source.
--   attributed_source: Source of the row; for a reversal that of the reversed sale, or unattributed where the order is not known or has several sources.
--   original_earned_at: For a reversal, the instant (UTC) of the reversed sale; NULL where attributed_source is unattributed.
--   fee_cents: gross_cents less net_cents, US cents: the platform's fee.
--   earned_date: Day in the creator's reporting time zone.
--   earned_date_utc: UTC day.
--   earned_month: First day of the month in the creator's reporting time zone.
--   reporting_timezone: IANA time zone of earned_date and earned_month.
WITH local AS (
    SELECT
        e.* EXCLUDE (removed_at),
        coalesce(c.reporting_timezone, 'UTC') AS reporting_timezone,
        CASE
            WHEN z.utc_offset IS NOT NULL THEN e.earned_at + z.utc_offset
            ELSE (e.earned_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(c.reporting_timezone, 'UTC')
        END AS local_at
    FROM fanvue.earnings e
    LEFT JOIN mart.dim_creators c ON c.creator_id = e.creator_id
    LEFT JOIN mart.dim_utc_offsets z
        ON z.reporting_timezone = c.reporting_timezone AND z.utc_date = CAST(e.earned_at AS DATE)
    WHERE e.removed_at IS NULL
        AND e.creator_id IN (SELECT creator_id FROM temp.touched)
        AND e.earned_at >= getvariable('touched_from') AND e.earned_at < getvariable('touched_to')
),
-- What the reversals of these months take back: an order counts only if all its sales have one source.
reversed AS (
    SELECT DISTINCT creator_id, reversed_transaction_order_id AS transaction_order_id
    FROM fanvue.earnings
    WHERE reversed_transaction_order_id IS NOT NULL AND removed_at IS NULL
        AND earned_at >= getvariable('touched_from') AND earned_at < getvariable('touched_to')
),
originals AS (
    SELECT o.creator_id, o.transaction_order_id, min(o.source) AS source, min(o.earned_at) AS earned_at
    FROM fanvue.earnings o
    JOIN reversed r ON r.creator_id = o.creator_id AND r.transaction_order_id = o.transaction_order_id
    LEFT JOIN mart.dim_earning_source s ON s.source = o.source
    WHERE o.removed_at IS NULL AND o.reversed_transaction_order_id IS NULL AND NOT coalesce(s.is_reversal, false)
    GROUP BY o.creator_id, o.transaction_order_id
    HAVING count(DISTINCT o.source) = 1
)
SELECT
    l.earning_id,
    l.creator_id,
    l.earned_at,
    l.source,
    l.gross_cents,
    l.net_cents,
    l.total_cents,
    l.fan_currency,
    l.transaction_order_id,
    l.reversed_transaction_order_id,
    l.transaction_order_status,
    l.message_id,
    l.post_id,
    l.fan_id,
    l.transaction_order_status AS balance_status,
    coalesce(s.is_reversal, false) OR l.reversed_transaction_order_id IS NOT NULL AS is_reversal,
    coalesce(s.is_fan_paid, l.fan_id IS NOT NULL) AS is_fan_paid,
    coalesce(s.is_recurring, false) AS is_recurring,
    coalesce(s.source_group, 'other') AS source_group,
    CASE
        WHEN coalesce(s.is_reversal, false) OR l.reversed_transaction_order_id IS NOT NULL
        THEN coalesce(o.source, 'unattributed')
        ELSE l.source
    END AS attributed_source,
    CASE
        WHEN coalesce(s.is_reversal, false) OR l.reversed_transaction_order_id IS NOT NULL THEN o.earned_at
    END AS original_earned_at,
    l.gross_cents - l.net_cents AS fee_cents,
    CAST(l.local_at AS DATE) AS earned_date,
    CAST(l.earned_at AS DATE) AS earned_date_utc,
    CAST(date_trunc('month', l.local_at) AS DATE) AS earned_month,
    l.reporting_timezone
FROM local l
SEMI JOIN temp.touched t ON t.creator_id = l.creator_id AND t.month = CAST(date_trunc('month', l.local_at) AS DATE)
LEFT JOIN mart.dim_earning_source s ON s.source = l.source
LEFT JOIN originals o ON o.creator_id = l.creator_id AND o.transaction_order_id = l.reversed_transaction_order_id
