-- Paid messages by the month in which they were sent (M15): how many cost something, and how many of these were bought.
-- grain: one row per creator, month of the creator's time zone, class (direct or mass) and sender with a message of the creator
-- key: creator_id, sent_month, message_class, sent_by_user_id
-- sources: mart.agg_message_day, mart.dim_today
-- build: view
-- example: SELECT sent_month, golden_ratio, mature_unlock_ratio FROM mart.agg_ppv_month WHERE message_class = 'direct'
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   sent_month: First day of the month of sending in the creator's reporting time zone.
--   message_class: direct or mass; automated, system and unknown messages are left out.
--   sent_by_user_id: Team member who sent them for the creator; NULL for none.
--   messages_sent: Messages of the creator; a mass message counts once for each fan.
--   ppvs_sent: Of these, messages that cost something.
--   ppvs_unlocked: Of these, messages that were bought, whenever that was.
--   golden_ratio: ppvs_sent / messages_sent, 0 to 1.
--   unlock_ratio: ppvs_unlocked / ppvs_sent, 0 to 1; NULL without one. Still grows for messages of the last days.
--   mature_ppvs_sent: Of ppvs_sent, those of UTC days that ended 7 days or more before as_of_at; NULL before the first finished run.
--   mature_ppvs_unlocked: Of these, messages that were bought.
--   mature_unlock_ratio: mature_ppvs_unlocked / mature_ppvs_sent, 0 to 1: the ratio to compare months by.
--   ppv_price_cents: Sum of the prices of ppvs_sent, US cents.
--   ppv_unlocked_price_cents: Sum of the prices of ppvs_unlocked, US cents; the money itself stands in fct_earnings.
--   as_of_at: Server's time (UTC) of the last finished run.
WITH sums AS (
    SELECT
        m.creator_id,
        m.sent_month,
        m.message_class,
        m.sent_by_user_id,
        CAST(sum(m.message_count) AS BIGINT) AS messages_sent,
        CAST(sum(m.ppv_count) AS BIGINT) AS ppvs_sent,
        CAST(sum(m.ppv_unlocked_count) AS BIGINT) AS ppvs_unlocked,
        CAST(sum(CASE WHEN m.sent_date_utc + 8 <= CAST(t.as_of_at AS DATE) THEN m.ppv_count WHEN t.as_of_at IS NOT NULL THEN 0 END) AS BIGINT) AS mature_ppvs_sent,
        CAST(sum(CASE WHEN m.sent_date_utc + 8 <= CAST(t.as_of_at AS DATE) THEN m.ppv_unlocked_count WHEN t.as_of_at IS NOT NULL THEN 0 END) AS BIGINT) AS mature_ppvs_unlocked,
        CAST(sum(m.ppv_price_cents) AS BIGINT) AS ppv_price_cents,
        CAST(sum(m.ppv_unlocked_price_cents) AS BIGINT) AS ppv_unlocked_price_cents,
        max(t.as_of_at) AS as_of_at
    FROM mart.agg_message_day m
    LEFT JOIN mart.dim_today t ON t.creator_id = m.creator_id
    WHERE m.direction = 'creator' AND m.message_class IN ('direct', 'mass')
    GROUP BY m.creator_id, m.sent_month, m.message_class, m.sent_by_user_id
)
SELECT
    creator_id,
    sent_month,
    message_class,
    sent_by_user_id,
    messages_sent,
    ppvs_sent,
    ppvs_unlocked,
    round(ppvs_sent / nullif(messages_sent, 0), 4) AS golden_ratio,
    round(ppvs_unlocked / nullif(ppvs_sent, 0), 4) AS unlock_ratio,
    mature_ppvs_sent,
    mature_ppvs_unlocked,
    round(mature_ppvs_unlocked / nullif(mature_ppvs_sent, 0), 4) AS mature_unlock_ratio,
    ppv_price_cents,
    ppv_unlocked_price_cents,
    as_of_at
FROM sums
