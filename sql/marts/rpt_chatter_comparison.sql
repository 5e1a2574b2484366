-- The platform's leaderboard of chatters beside the same figures counted from the messages, over all creators and by UTC month, as the platform does.
-- grain: one row per UTC month and member of the team on the leaderboard or with a message
-- key: period_month, user_id
-- sources: fanvue.chatter_leaderboard, mart.agg_message_day, mart.dim_team_members
-- build: view
-- example: SELECT period_month, member_label, platform_messages, messages FROM mart.rpt_chatter_comparison WHERE messages_diff <> 0
-- columns:
--   period_month: First day of the UTC month.
--   user_id: Member, as uuid of the platform.
--   member_label: Nickname, else display name.
--   platform_messages: Messages sent, as the platform counts; NULL if the member is not on its leaderboard.
--   messages: Messages sent that are no mass messages, as exported.
--   messages_diff: messages - platform_messages.
--   platform_ppvs_sent: Paid messages sent, as the platform counts.
--   ppvs_sent: Paid messages sent that are no mass messages, as exported.
--   platform_ppvs_unlocked: Paid messages that were bought, as the platform counts.
--   ppvs_unlocked: The same, as exported.
--   platform_revenue_cents: Revenue of bought messages, as the platform states it, US cents.
--   unlocked_price_cents: Sum of the prices of ppvs_unlocked, US cents.
--   revenue_diff_cents: unlocked_price_cents - platform_revenue_cents, US cents.
--   platform_golden_ratio: Paid messages per message, as the platform states it.
--   golden_ratio: ppvs_sent / messages, 0 to 1.
--   platform_unlock_ratio: Bought per paid message, as the platform states it.
--   unlock_ratio: ppvs_unlocked / ppvs_sent, 0 to 1.
--   platform_active_hours: Hours with a message; only the platform has it.
--   platform_revenue_cents_per_hour: Revenue per active hour (EPH) as the platform states it, US cents.
--   platform_avg_response_ms: Mean time to answer as the platform states it, milliseconds.
WITH counted AS (
    SELECT
        CAST(date_trunc('month', sent_date_utc) AS DATE) AS period_month,
        sent_by_user_id AS user_id,
        CAST(sum(message_count) AS BIGINT) AS messages,
        CAST(sum(ppv_count) AS BIGINT) AS ppvs_sent,
        CAST(sum(ppv_unlocked_count) AS BIGINT) AS ppvs_unlocked,
        CAST(sum(ppv_unlocked_price_cents) AS BIGINT) AS unlocked_price_cents
    FROM mart.agg_message_day
    WHERE direction = 'creator' AND message_class <> 'mass' AND sent_by_user_id IS NOT NULL
    GROUP BY ALL
)
SELECT
    coalesce(b.period_month, c.period_month) AS period_month,
    coalesce(b.user_id, c.user_id) AS user_id,
    coalesce(t.member_label, b.display_name) AS member_label,
    b.messages_count AS platform_messages,
    coalesce(c.messages, 0) AS messages,
    coalesce(c.messages, 0) - b.messages_count AS messages_diff,
    b.ppv_sent_count AS platform_ppvs_sent,
    coalesce(c.ppvs_sent, 0) AS ppvs_sent,
    b.ppv_unlocked_count AS platform_ppvs_unlocked,
    coalesce(c.ppvs_unlocked, 0) AS ppvs_unlocked,
    b.revenue_cents AS platform_revenue_cents,
    coalesce(c.unlocked_price_cents, 0) AS unlocked_price_cents,
    coalesce(c.unlocked_price_cents, 0) - b.revenue_cents AS revenue_diff_cents,
    b.golden_ratio AS platform_golden_ratio,
    round(c.ppvs_sent / nullif(c.messages, 0), 4) AS golden_ratio,
    b.unlock_ratio AS platform_unlock_ratio,
    round(c.ppvs_unlocked / nullif(c.ppvs_sent, 0), 4) AS unlock_ratio,
    b.active_hours AS platform_active_hours,
    b.revenue_cents_per_hour AS platform_revenue_cents_per_hour,
    b.avg_response_ms AS platform_avg_response_ms
FROM fanvue.chatter_leaderboard b
FULL JOIN counted c ON c.period_month = b.period_month AND c.user_id = b.user_id
LEFT JOIN mart.dim_team_members t ON t.user_id = coalesce(b.user_id, c.user_id)
