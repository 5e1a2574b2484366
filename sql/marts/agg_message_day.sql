-- Messages of a day by class and sender: the base of everything about messages that needs no single fan.
-- grain: one row per creator, day of the creator's time zone, UTC day, direction, class and sender with a message
-- key: creator_id, sent_date, sent_date_utc, direction, message_class, sent_by_user_id
-- sources: mart.fct_messages, mart.dim_creators
-- build: messages
-- touched: days
-- example: SELECT sent_date, sum(message_count)::BIGINT AS messages FROM mart.agg_message_day WHERE direction = 'creator' GROUP BY sent_date
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   sent_month: First day of the month of sending in the creator's reporting time zone.
--   sent_date: Day of sending in the creator's reporting time zone.
--   sent_date_utc: UTC day of sending.
--   direction: fan or creator: who sent them.
--   message_class: direct, mass, automated, system or unknown; see dim_message_type.
--   sent_by_user_id: Team member who sent them for the creator; NULL for none.
--   message_count: Messages; a mass message counts once for each fan it went to.
--   ppv_count: Of these, messages that cost something (PPV).
--   ppv_unlocked_count: Of these, messages that were bought, whenever that was.
--   ppv_price_cents: Sum of the prices of ppv_count, US cents.
--   ppv_unlocked_price_cents: Sum of the prices of ppv_unlocked_count, US cents; the money itself stands in fct_earnings.
--   reporting_timezone: IANA time zone of sent_date and sent_month.
SELECT
    m.creator_id,
    m.sent_month,
    m.sent_date,
    m.sent_date_utc,
    m.direction,
    m.message_class,
    m.sent_by_user_id,
    count(*) AS message_count,
    count(*) FILTER (m.is_priced) AS ppv_count,
    count(*) FILTER (m.is_priced AND m.purchased_at IS NOT NULL) AS ppv_unlocked_count,
    CAST(coalesce(sum(m.price_cents) FILTER (m.is_priced), 0) AS BIGINT) AS ppv_price_cents,
    CAST(coalesce(sum(m.price_cents) FILTER (m.is_priced AND m.purchased_at IS NOT NULL), 0) AS BIGINT) AS ppv_unlocked_price_cents,
    max(m.reporting_timezone) AS reporting_timezone
FROM temp.touched_messages m
WHERE getvariable('messages_are_all') OR (m.creator_id, m.sent_date_utc) IN (SELECT creator_id, day FROM temp.touched_days)
GROUP BY m.creator_id, m.sent_month, m.sent_date, m.sent_date_utc, m.direction, m.message_class, m.sent_by_user_id
