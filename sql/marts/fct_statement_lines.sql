-- Lines of final statements as they were frozen: the earnings of the month, and the adjustments of earlier months that are reported with it.
-- grain: one row per version of a final statement, month the money belongs to, and earning
-- key: statement_id, version, period_month, earning_id
-- sources: load.statement_lines, meta.statements
-- build: view
-- example: SELECT statement_id, sum(net_cents)::BIGINT AS net_cents FROM mart.fct_statement_lines WHERE is_current GROUP BY statement_id
-- columns:
--   statement_id: Statement, such as AVA-2026-02.
--   version: Version of the statement, from 1.
--   kind: What the statement is: earnings.
--   is_current: Whether no later version replaces this one; sums over several statements want only these.
--   creator_id: Creator, as uuid of the platform.
--   statement_month: First day of the month of the statement.
--   period_month: First day of the month the money belongs to: that of the statement, or for an adjustment the earlier one.
--   line_type: earning: a row of the month; adjustment: what changed of an earlier statement since, as a difference.
--   change_type: For adjustments: late_row, disappeared or amount_changed.
--   earning_id: Earning, as in fanvue.earnings.
--   earned_at: Payment or reversal instant (UTC).
--   source: Kind of earning.
--   attributed_source: Source; for a reversal that of the reversed sale, or unattributed.
--   original_earned_at: For a reversal, the instant (UTC) of the reversed sale, if it is known.
--   gross_cents: Creator's price before the platform fee, US cents; of an adjustment the difference.
--   net_cents: What the creator keeps, US cents; of an adjustment the difference.
--   total_cents: What left the fan's card, US cents; NULL on adjustments.
--   fan_currency: Currency the fan paid in; informational.
--   transaction_order_id: Order id.
--   reversed_transaction_order_id: On reversals, the order that is reversed.
--   balance_status: pendingBalance or availableForPayout when it was frozen.
--   message_id: Message that was bought or tipped, if any.
--   post_id: Post that was bought or tipped, if any.
--   fan_id: Fan who paid, as pseudonym.
--   is_fan_paid: Whether a fan pays it; false for rewards.
--   is_reversal: Whether the row takes a sale back.
SELECT
    l.statement_id, l.version, s.kind, s.is_current, l.creator_id, l.statement_month, l.period_month, l.line_type, l.change_type,
    l.earning_id, l.earned_at, l.source, l.attributed_source, l.original_earned_at, l.gross_cents, l.net_cents, l.total_cents,
    l.fan_currency, l.transaction_order_id, l.reversed_transaction_order_id, l.balance_status, l.message_id, l.post_id, l.fan_id,
    l.is_fan_paid, l.is_reversal
FROM load.statement_lines l
JOIN meta.statements s ON s.path = l.path
