-- The bases of the marts of fans and of messages have all the money and all the messages that they are made of.
-- severity: blocking
-- columns:
--   creator_id: Creator whose sums differ.
--   mart: Mart that differs.
--   expected: Net in US cents of what fans paid in agg_creator_month, or messages of fanvue.messages.
--   found: The same of the mart.
WITH sums AS (
    SELECT creator_id, 'agg_fan_month' AS mart, sum(creator_sales_earnings_cents) AS expected, 0 AS found FROM mart.agg_creator_month GROUP BY creator_id
    UNION ALL
    SELECT creator_id, 'agg_fan_month', 0, sum(net_cents) FROM mart.agg_fan_month GROUP BY creator_id
    UNION ALL
    SELECT creator_id, 'agg_message_day', count(*), 0 FROM fanvue.messages WHERE removed_at IS NULL AND sent_at IS NOT NULL GROUP BY creator_id
    UNION ALL
    SELECT creator_id, 'agg_fan_chat_month', count(*), 0 FROM fanvue.messages WHERE removed_at IS NULL AND sent_at IS NOT NULL GROUP BY creator_id
    UNION ALL
    SELECT creator_id, 'agg_message_day', 0, sum(message_count) FROM mart.agg_message_day GROUP BY creator_id
    UNION ALL
    SELECT creator_id, 'agg_fan_chat_month', 0, sum(message_count) FROM mart.agg_fan_chat_month GROUP BY creator_id
)
SELECT creator_id, mart, CAST(sum(expected) AS BIGINT) AS expected, CAST(sum(found) AS BIGINT) AS found
FROM sums
GROUP BY creator_id, mart
HAVING sum(expected) <> sum(found)
