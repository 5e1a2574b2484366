-- What each member of the team wrote and sold.
-- answers: Which chatters sell, how often do they ask for money (golden ratio), and how often is it paid?
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month. First month, in the creator's time zone.
--   to: month, default last month. Last month.
-- columns:
--   member: Member of the team; NULL for the creator's own messages, and for sales that no rule gives to a member.
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
)
SELECT
    coalesce(t.member_label, CAST(m.sent_by_user_id AS VARCHAR)) AS member,
    m.direct_messages_sent,
    m.mass_messages_sent,
    m.ppvs_sent,
    m.ppvs_unlocked,
    round(m.ppvs_sent / nullif(m.direct_messages_sent, 0), 4) AS golden_ratio,
    round(m.ppvs_unlocked / nullif(m.ppvs_sent, 0), 4) AS unlock_ratio,
    m.message_sales_count,
    m.tip_sales_count,
    m.attributed_net_cents,
    round(m.attributed_net_cents / nullif(m.direct_messages_sent, 0), 1) AS net_per_message_cents
FROM members m
LEFT JOIN mart.dim_team_members t ON t.user_id = m.sent_by_user_id
ORDER BY m.attributed_net_cents DESC, member NULLS LAST
