-- Sales with the member of the team they are due to.
-- answers: Which sale is whose, and by which rule?
-- needs: messages
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month. First month, in the creator's time zone.
--   to: month, default this month. Last month.
-- columns:
--   earned_at: Instant (UTC) of the sale.
--   creator: Label of the creator, else the handle.
--   member: Member of the team; (creator) if the message names no member, (nobody) if the rule finds no message.
--   source: message or tip.
--   gross_cents: Gross of the sale, US cents.
--   net_cents: Net of the sale, US cents; reversals are not taken off.
--   attribution_rule: message_sender (who sent the paid message) or converter_24h (who last wrote within 24 hours before the tip).
--   message_sent_at: Instant (UTC) of that message.
--   fan_id: Fan, as pseudonym.
--   earning_id: Sale, as in mart.fct_earnings.
SELECT
    s.earned_at,
    coalesce(d.label, CAST(s.creator_id AS VARCHAR)) AS creator,
    CASE
        WHEN s.sent_by_user_id IS NOT NULL THEN coalesce(t.member_label, CAST(s.sent_by_user_id AS VARCHAR))
        WHEN s.message_sent_at IS NOT NULL THEN '(creator)'
        ELSE '(nobody)'
    END AS member,
    s.source,
    s.gross_cents,
    s.net_cents,
    s.attribution_rule,
    s.message_sent_at,
    s.fan_id,
    s.earning_id
FROM mart.fct_chatter_sales s
LEFT JOIN mart.dim_creators d ON d.creator_id = s.creator_id
LEFT JOIN mart.dim_team_members t ON t.user_id = s.sent_by_user_id
WHERE s.earned_month BETWEEN $from AND $to AND ($creator IS NULL OR s.creator_id = CAST($creator AS UUID))
ORDER BY s.earned_at DESC, creator, s.earning_id
