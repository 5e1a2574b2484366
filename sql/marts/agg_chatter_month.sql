-- What each member of the team wrote and sold in a month, by creator.
-- grain: one row per creator, month of the creator's time zone and member with a message or a sale; one without a member for what is nobody's
-- key: creator_id, earned_month, sent_by_user_id
-- sources: mart.agg_ppv_month, mart.fct_chatter_sales
-- build: view
-- example: SELECT sent_by_user_id, attributed_net_cents, golden_ratio FROM mart.agg_chatter_month WHERE sent_by_user_id IS NOT NULL
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   earned_month: First day of the month in the creator's reporting time zone: of sending, and of the sales.
--   sent_by_user_id: Member; NULL for the creator's own messages and for sales that the rule finds no member for.
--   direct_messages_sent: Direct messages sent.
--   mass_messages_sent: Mass messages sent, once for each fan.
--   ppvs_sent: Direct messages that cost something.
--   ppvs_unlocked: Of these, messages that were bought, whenever that was.
--   golden_ratio: ppvs_sent / direct_messages_sent, 0 to 1; NULL without one.
--   unlock_ratio: ppvs_unlocked / ppvs_sent, 0 to 1; NULL without one.
--   message_sales_count: Sales of paid messages by the rule message_sender, in the month of the sale.
--   message_sales_gross_cents: Their gross, US cents.
--   message_sales_net_cents: Their net, US cents.
--   tip_sales_count: Tips by the rule converter_24h.
--   tip_sales_gross_cents: Their gross, US cents.
--   tip_sales_net_cents: Their net, US cents.
--   attributed_net_cents: Net of both, US cents, before reversals.
WITH written AS (
    SELECT
        creator_id,
        sent_month AS earned_month,
        sent_by_user_id,
        CAST(coalesce(sum(messages_sent) FILTER (message_class = 'direct'), 0) AS BIGINT) AS direct_messages_sent,
        CAST(coalesce(sum(messages_sent) FILTER (message_class = 'mass'), 0) AS BIGINT) AS mass_messages_sent,
        CAST(coalesce(sum(ppvs_sent) FILTER (message_class = 'direct'), 0) AS BIGINT) AS ppvs_sent,
        CAST(coalesce(sum(ppvs_unlocked) FILTER (message_class = 'direct'), 0) AS BIGINT) AS ppvs_unlocked
    FROM mart.agg_ppv_month
    GROUP BY creator_id, sent_month, sent_by_user_id
),
sold AS (
    SELECT
        creator_id,
        earned_month,
        sent_by_user_id,
        count(*) FILTER (attribution_rule = 'message_sender') AS message_sales_count,
        CAST(coalesce(sum(gross_cents) FILTER (attribution_rule = 'message_sender'), 0) AS BIGINT) AS message_sales_gross_cents,
        CAST(coalesce(sum(net_cents) FILTER (attribution_rule = 'message_sender'), 0) AS BIGINT) AS message_sales_net_cents,
        count(*) FILTER (attribution_rule = 'converter_24h') AS tip_sales_count,
        CAST(coalesce(sum(gross_cents) FILTER (attribution_rule = 'converter_24h'), 0) AS BIGINT) AS tip_sales_gross_cents,
        CAST(coalesce(sum(net_cents) FILTER (attribution_rule = 'converter_24h'), 0) AS BIGINT) AS tip_sales_net_cents
    FROM mart.fct_chatter_sales
    GROUP BY creator_id, earned_month, sent_by_user_id
)
SELECT
    coalesce(w.creator_id, s.creator_id) AS creator_id,
    coalesce(w.earned_month, s.earned_month) AS earned_month,
    coalesce(w.sent_by_user_id, s.sent_by_user_id) AS sent_by_user_id,
    coalesce(w.direct_messages_sent, 0) AS direct_messages_sent,
    coalesce(w.mass_messages_sent, 0) AS mass_messages_sent,
    coalesce(w.ppvs_sent, 0) AS ppvs_sent,
    coalesce(w.ppvs_unlocked, 0) AS ppvs_unlocked,
    round(w.ppvs_sent / nullif(w.direct_messages_sent, 0), 4) AS golden_ratio,
    round(w.ppvs_unlocked / nullif(w.ppvs_sent, 0), 4) AS unlock_ratio,
    coalesce(s.message_sales_count, 0) AS message_sales_count,
    coalesce(s.message_sales_gross_cents, 0) AS message_sales_gross_cents,
    coalesce(s.message_sales_net_cents, 0) AS message_sales_net_cents,
    coalesce(s.tip_sales_count, 0) AS tip_sales_count,
    coalesce(s.tip_sales_gross_cents, 0) AS tip_sales_gross_cents,
    coalesce(s.tip_sales_net_cents, 0) AS tip_sales_net_cents,
    coalesce(s.message_sales_net_cents, 0) + coalesce(s.tip_sales_net_cents, 0) AS attributed_net_cents
FROM written w
FULL JOIN sold s ON s.creator_id = w.creator_id AND s.earned_month = w.earned_month AND s.sent_by_user_id IS NOT DISTINCT FROM w.sent_by_user_id
