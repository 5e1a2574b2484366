-- Which member of the team a sale is due to (M16). A paid message is due to whoever sent it; a tip to whoever sent the last direct message to the fan in the 24 hours before.
-- grain: one row per sale of a paid message and per tip
-- key: creator_id, earning_id
-- sources: mart.fct_earnings, fanvue.messages, mart.dim_message_type, mart.dim_creators
-- build: month
-- touched: sales
-- example: SELECT sent_by_user_id, sum(net_cents)::BIGINT AS net_cents FROM mart.fct_chatter_sales GROUP BY sent_by_user_id
-- columns:
--   earning_id: Sale, as in fct_earnings.
--   creator_id: Creator, as uuid of the platform.
--   fan_id: Fan who paid, as pseudonym; NULL where the row names none.
--   earned_at: Instant of the sale (UTC).
--   earned_date: Day of the sale in the creator's reporting time zone.
--   earned_month: First day of its month.
--   source: message or tip.
--   gross_cents: Gross of the sale, US cents. A reversal is a row of fct_earnings and not taken off here.
--   net_cents: Net of the sale, US cents.
--   sent_by_user_id: Member the sale is due to; NULL if the rule finds none: no such message is known, or the creator wrote it.
--   attribution_rule: message_sender (paid messages) or converter_24h (tips).
--   message_sent_at: Instant (UTC) of the message by which the sale was attributed.
WITH sales AS (
    SELECT e.earning_id, e.creator_id, e.fan_id, e.earned_at, e.earned_date, e.earned_month, e.source, e.gross_cents, e.net_cents, e.message_id
    FROM mart.fct_earnings e
    SEMI JOIN temp.touched_sales t ON t.creator_id = e.creator_id AND t.month = e.earned_month
    WHERE e.source IN ('message', 'tip') AND e.earned_at >= getvariable('sales_from') AND e.earned_at < getvariable('sales_to')
),
-- The copies of a mass message have one sender; that a message was unsent later does not change who sold it.
senders AS (
    SELECT creator_id, message_id, min(sent_by_user_id) AS sent_by_user_id, min(sent_at) AS sent_at
    FROM fanvue.messages
    WHERE (creator_id, message_id) IN (SELECT creator_id, message_id FROM sales WHERE source = 'message')
    GROUP BY creator_id, message_id
),
converters AS (
    SELECT m.creator_id, m.fan_id, m.sent_at, min(m.sent_by_user_id) AS sent_by_user_id
    FROM fanvue.messages m
    WHERE m.direction = 'creator' AND m.removed_at IS NULL
        AND m.message_type IN (SELECT message_type FROM mart.dim_message_type WHERE message_class = 'direct')
        AND (m.creator_id, m.fan_id) IN (SELECT creator_id, fan_id FROM sales WHERE source = 'tip')
        AND m.sent_at >= getvariable('sales_from') - INTERVAL 24 HOUR AND m.sent_at < getvariable('sales_to')
    GROUP BY m.creator_id, m.fan_id, m.sent_at
)
SELECT s.* EXCLUDE (message_id), m.sent_by_user_id, 'message_sender' AS attribution_rule, m.sent_at AS message_sent_at
FROM sales s
LEFT JOIN senders m ON m.creator_id = s.creator_id AND m.message_id = s.message_id
WHERE s.source = 'message'
UNION ALL
SELECT
    s.* EXCLUDE (message_id),
    CASE WHEN s.earned_at - m.sent_at <= INTERVAL 24 HOUR THEN m.sent_by_user_id END,
    'converter_24h',
    CASE WHEN s.earned_at - m.sent_at <= INTERVAL 24 HOUR THEN m.sent_at END
FROM (FROM sales WHERE source = 'tip') s
ASOF LEFT JOIN converters m ON m.creator_id = s.creator_id AND m.fan_id = s.fan_id AND s.earned_at >= m.sent_at
