-- Paid messages by the month they were sent.
-- answers: How many messages cost something (golden ratio), and how many of these were unlocked?
-- needs: messages
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 5. First month of sending, in the creator's time zone.
--   to: month, default this month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   sent_month: First day of the month of sending.
--   message_class: direct or mass.
--   messages_sent: Messages of the creator; a mass message counts once for each fan.
--   ppvs_sent: Of these, messages with a price.
--   ppvs_unlocked: Of these, unlocked until the last run.
--   golden_ratio: Priced per sent.
--   unlock_ratio: Unlocked per priced; grows for recent months.
--   mature_unlock_ratio: The same of messages that are at least seven days old.
--   unlocked_price_cents: Sum of the prices of the unlocked ones, US cents.
SELECT
    coalesce(any_value(d.label), CAST(p.creator_id AS VARCHAR)) AS creator,
    p.sent_month,
    p.message_class,
    CAST(sum(p.messages_sent) AS BIGINT) AS messages_sent,
    CAST(sum(p.ppvs_sent) AS BIGINT) AS ppvs_sent,
    CAST(sum(p.ppvs_unlocked) AS BIGINT) AS ppvs_unlocked,
    round(sum(p.ppvs_sent) / nullif(sum(p.messages_sent), 0), 4) AS golden_ratio,
    round(sum(p.ppvs_unlocked) / nullif(sum(p.ppvs_sent), 0), 4) AS unlock_ratio,
    round(sum(p.mature_ppvs_unlocked) / nullif(sum(p.mature_ppvs_sent), 0), 4) AS mature_unlock_ratio,
    CAST(coalesce(sum(p.ppv_unlocked_price_cents), 0) AS BIGINT) AS unlocked_price_cents
FROM mart.agg_ppv_month p
LEFT JOIN mart.dim_creators d ON d.creator_id = p.creator_id
WHERE p.sent_month BETWEEN $from AND $to AND ($creator IS NULL OR p.creator_id = CAST($creator AS UUID))
GROUP BY p.creator_id, p.sent_month, p.message_class
ORDER BY creator, p.creator_id, p.sent_month, p.message_class
