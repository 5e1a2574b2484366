-- What chatting brings.
-- answers: How many chats sell, how much is written for a dollar, and how many subscribers buy paid messages?
-- needs: messages
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 5. First month, in the creator's time zone.
--   to: month, default this month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   sent_month: First day of the month.
--   chats: Chats with a message.
--   selling_chats: Of these, chats whose fan bought a paid message or tipped in the month.
--   selling_chat_ratio: Selling chats per chat.
--   messages_received: Direct messages of fans.
--   direct_messages_sent: Direct messages of the creator.
--   texting_ratio: Sent per received.
--   chat_net_cents: Net of paid messages and tips, their reversals taken off, US cents.
--   direct_messages_per_net_dollar: Messages sent for each dollar of it.
--   ppv_buyers: Distinct fans who bought a paid message.
--   ppv_purchase_rate: The same per subscriber at the end of the month; NULL where the list is not known.
SELECT
    coalesce(d.label, CAST(m.creator_id AS VARCHAR)) AS creator,
    m.sent_month,
    m.chats,
    m.selling_chats,
    m.selling_chat_ratio,
    m.messages_received,
    m.direct_messages_sent,
    m.texting_ratio,
    m.chat_net_cents,
    m.direct_messages_per_net_dollar,
    m.ppv_buyers,
    m.ppv_purchase_rate
FROM mart.agg_chat_month m
LEFT JOIN mart.dim_creators d ON d.creator_id = m.creator_id
WHERE m.sent_month BETWEEN $from AND $to AND ($creator IS NULL OR m.creator_id = CAST($creator AS UUID))
ORDER BY creator, m.creator_id, m.sent_month
