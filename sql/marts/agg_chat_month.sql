-- What chatting brought in a month: messages both ways, chats that sold, and the buyers of paid messages.
-- grain: one row per creator and month of the creator's time zone with a message
-- key: creator_id, sent_month
-- sources: mart.agg_fan_chat_month, mart.agg_fan_month, mart.agg_creator_month_source, fanvue.subscribers_history, mart.dim_creators, mart.dim_today
-- build: view
-- example: SELECT sent_month, texting_ratio, selling_chat_ratio FROM mart.agg_chat_month ORDER BY sent_month
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   sent_month: First day of the month in the creator's reporting time zone: of sending, and of the sales beside.
--   chats: Chats with a message of any class.
--   selling_chats: Of these, chats whose fan bought a paid message or tipped in the month.
--   selling_chat_ratio: selling_chats / chats, 0 to 1.
--   messages_received: Direct messages of fans.
--   direct_messages_sent: Direct messages of the creator.
--   texting_ratio: direct_messages_sent / messages_received; NULL without one.
--   chat_net_cents: Net of paid messages and tips of the month, their reversals included, US cents.
--   direct_messages_per_net_dollar: direct_messages_sent per US dollar of chat_net_cents; NULL if that is not positive.
--   ppv_buyers: Distinct fans who bought a paid message in the month; rows that name no fan are left out.
--   subscribers_at_end: Fans on the list of subscribers at the end of the month, or as last read in a month that is not over; NULL where no list was read by then.
--   ppv_purchase_rate: ppv_buyers / subscribers_at_end; NULL without one.
WITH chats AS (
    SELECT
        c.creator_id,
        c.sent_month,
        count(*) AS chats,
        count(*) FILTER (f.message_sales_count + f.tip_sales_count > 0) AS selling_chats,
        CAST(sum(c.messages_received) AS BIGINT) AS messages_received,
        CAST(sum(c.direct_messages_sent) AS BIGINT) AS direct_messages_sent
    FROM mart.agg_fan_chat_month c
    LEFT JOIN mart.agg_fan_month f ON f.creator_id = c.creator_id AND f.earned_month = c.sent_month AND f.fan_id = c.fan_id
    GROUP BY c.creator_id, c.sent_month
),
money AS (
    SELECT creator_id, earned_month, CAST(sum(net_cents) AS BIGINT) AS net_cents
    FROM mart.agg_creator_month_source
    WHERE source IN ('message', 'tip')
    GROUP BY creator_id, earned_month
),
buyers AS (
    SELECT creator_id, earned_month, count(*) AS ppv_buyers
    FROM mart.agg_fan_month
    WHERE message_sales_count > 0 AND fan_id IS NOT NULL
    GROUP BY creator_id, earned_month
),
ends AS (
    SELECT
        c.creator_id,
        c.sent_month,
        least(((CAST(c.sent_month AS TIMESTAMP) + INTERVAL 1 MONTH) AT TIME ZONE coalesce(d.reporting_timezone, 'UTC')) AT TIME ZONE 'UTC', t.as_of_at) AS end_at
    FROM chats c
    LEFT JOIN mart.dim_creators d ON d.creator_id = c.creator_id
    LEFT JOIN mart.dim_today t ON t.creator_id = c.creator_id
),
listed AS (
    SELECT e.creator_id, e.sent_month, count(*) AS subscribers_at_end
    FROM ends e
    JOIN fanvue.subscribers_history h ON h.creator_id = e.creator_id AND h.valid_from < e.end_at AND coalesce(h.valid_to >= e.end_at, true)
    GROUP BY e.creator_id, e.sent_month
)
SELECT
    c.creator_id,
    c.sent_month,
    c.chats,
    c.selling_chats,
    round(c.selling_chats / c.chats, 4) AS selling_chat_ratio,
    c.messages_received,
    c.direct_messages_sent,
    round(c.direct_messages_sent / nullif(c.messages_received, 0), 4) AS texting_ratio,
    coalesce(m.net_cents, 0) AS chat_net_cents,
    CASE WHEN m.net_cents > 0 THEN round(c.direct_messages_sent * 100 / m.net_cents, 4) END AS direct_messages_per_net_dollar,
    coalesce(b.ppv_buyers, 0) AS ppv_buyers,
    l.subscribers_at_end,
    round(coalesce(b.ppv_buyers, 0) / nullif(l.subscribers_at_end, 0), 4) AS ppv_purchase_rate
FROM chats c
LEFT JOIN money m ON m.creator_id = c.creator_id AND m.earned_month = c.sent_month
LEFT JOIN buyers b ON b.creator_id = c.creator_id AND b.earned_month = c.sent_month
LEFT JOIN listed l ON l.creator_id = c.creator_id AND l.sent_month = c.sent_month
