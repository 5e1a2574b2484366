-- The platform's leaderboard beside the messages.
-- answers: Does the platform's leaderboard of chatters agree with what the messages say?
-- needs: leaderboards of chatters
-- parameters:
--   from: month, default last month. First UTC month.
--   to: month, default last month. Last month.
-- columns:
--   period_month: First day of the UTC month.
--   member: Member of the team.
--   platform_messages: Messages sent, as the platform counts; NULL if the member is not on its leaderboard.
--   messages: Messages sent that are no mass messages, as exported.
--   messages_diff: Exported less the platform's.
--   platform_ppvs_sent: Paid messages sent, as the platform counts.
--   ppvs_sent: The same, as exported.
--   platform_ppvs_unlocked: Unlocked ones, as the platform counts.
--   ppvs_unlocked: The same, as exported.
--   platform_revenue_cents: Revenue of unlocked messages, as the platform states it, US cents.
--   unlocked_price_cents: Prices of the unlocked ones, as exported, US cents.
--   revenue_diff_cents: Exported less the platform's, US cents.
--   platform_active_hours: Hours with a message; only the platform has it.
--   platform_revenue_cents_per_hour: Revenue for each of these hours (EPH), US cents.
SELECT
    c.period_month,
    coalesce(c.member_label, CAST(c.user_id AS VARCHAR)) AS member,
    c.platform_messages,
    c.messages,
    c.messages_diff,
    c.platform_ppvs_sent,
    c.ppvs_sent,
    c.platform_ppvs_unlocked,
    c.ppvs_unlocked,
    c.platform_revenue_cents,
    c.unlocked_price_cents,
    c.revenue_diff_cents,
    c.platform_active_hours,
    c.platform_revenue_cents_per_hour
FROM mart.rpt_chatter_comparison c
WHERE c.period_month BETWEEN $from AND $to
ORDER BY c.period_month, c.platform_revenue_cents DESC NULLS LAST, member, c.user_id
