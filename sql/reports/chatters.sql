-- What each member of the team wrote and sold.
-- answers: Which chatters sell, how often do they ask for money (golden ratio), and how often is it paid?
-- needs: messages
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month. First month, in the creator's time zone.
--   to: month, default last month. Last month.
-- columns:
--   member: Member of the team; (creator) for messages that name no member and their sales, (nobody) for sales for which the rule finds no message.
--   direct_messages_sent: Direct messages sent.
--   mass_messages_sent: Mass messages sent, once for each fan.
--   ppvs_sent: Direct messages with a price.
--   ppvs_unlocked: Of these, unlocked until the last run.
--   golden_ratio: Priced per direct message.
--   unlock_ratio: Unlocked per priced one.
--   message_sales_count: Sales of paid messages that the member sent.
--   tip_sales_count: Tips within 24 hours of the member's last direct message.
--   attributed_net_cents: Net of both, before reversals, US cents.
--   net_per_message_cents: The same for each direct message, US cents.
WITH members AS (
    SELECT
        a.sent_by_user_id,
        CAST(sum(a.direct_messages_sent) AS BIGINT) AS direct_messages_sent,
        CAST(sum(a.mass_messages_sent) AS BIGINT) AS mass_messages_sent,
        CAST(sum(a.ppvs_sent) AS BIGINT) AS ppvs_sent,
        CAST(sum(a.ppvs_unlocked) AS BIGINT) AS ppvs_unlocked,
        CAST(sum(a.message_sales_count) AS BIGINT) AS message_sales_count,
        CAST(sum(a.tip_sales_count) AS BIGINT) AS tip_sales_count,
        CAST(sum(a.attributed_net_cents) AS BIGINT) AS attributed_net_cents
    FROM mart.agg_chatter_month a
    WHERE a.earned_month BETWEEN $from AND $to AND ($creator IS NULL OR a.creator_id = CAST($creator AS UUID))
    GROUP BY a.sent_by_user_id
),
-- What is nobody's stands with what is the creator's under no member there.
nobody AS (
    SELECT
        count(*) FILTER (s.attribution_rule = 'message_sender') AS message_sales_count,
        count(*) FILTER (s.attribution_rule = 'converter_24h') AS tip_sales_count,
        CAST(coalesce(sum(s.net_cents), 0) AS BIGINT) AS attributed_net_cents
    FROM mart.fct_chatter_sales s
    WHERE s.sent_by_user_id IS NULL AND s.message_sent_at IS NULL
        AND s.earned_month BETWEEN $from AND $to AND ($creator IS NULL OR s.creator_id = CAST($creator AS UUID))
),
named AS (
    SELECT coalesce(t.member_label, CAST(m.sent_by_user_id AS VARCHAR)) AS member, m.* EXCLUDE (sent_by_user_id)
    FROM members m
    LEFT JOIN mart.dim_team_members t ON t.user_id = m.sent_by_user_id
    WHERE m.sent_by_user_id IS NOT NULL
    UNION ALL
    SELECT '(creator)', m.direct_messages_sent, m.mass_messages_sent, m.ppvs_sent, m.ppvs_unlocked, m.message_sales_count - n.message_sales_count,
        m.tip_sales_count - n.tip_sales_count, m.attributed_net_cents - n.attributed_net_cents
    FROM members m
    CROSS JOIN nobody n
    WHERE m.sent_by_user_id IS NULL AND (m.direct_messages_sent + m.mass_messages_sent > 0
        OR m.message_sales_count + m.tip_sales_count > n.message_sales_count + n.tip_sales_count)
    UNION ALL
    SELECT '(nobody)', 0, 0, 0, 0, n.message_sales_count, n.tip_sales_count, n.attributed_net_cents
    FROM nobody n
    WHERE n.message_sales_count + n.tip_sales_count > 0
)
SELECT
    member,
    direct_messages_sent,
    mass_messages_sent,
    ppvs_sent,
    ppvs_unlocked,
    round(ppvs_sent / nullif(direct_messages_sent, 0), 4) AS golden_ratio,
    round(ppvs_unlocked / nullif(ppvs_sent, 0), 4) AS unlock_ratio,
    message_sales_count,
    tip_sales_count,
    attributed_net_cents,
    round(attributed_net_cents / nullif(direct_messages_sent, 0), 1) AS net_per_message_cents
FROM named
ORDER BY attributed_net_cents DESC, member, direct_messages_sent DESC, message_sales_count DESC, tip_sales_count DESC
