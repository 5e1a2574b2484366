-- Messages as analysts read them: their class, whether they cost, and the day in the creator's time zone. Of the text only its length.
-- grain: one row per creator, chat and message, without those that were unsent; a mass message stands once in each chat
-- key: creator_id, fan_id, message_id
-- sources: fanvue.messages, mart.dim_creators, mart.dim_message_type, mart.dim_utc_offsets
-- build: view
-- example: SELECT message_class, count(*) AS messages FROM mart.fct_messages WHERE sent_at >= TIMESTAMP '2026-02-01' GROUP BY message_class
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   fan_id: Fan on the other side of the chat, as pseudonym.
--   message_id: Message, as uuid of the platform.
--   sent_at: Instant of sending (UTC).
--   direction: fan or creator: who sent it.
--   message_type: Type as served; an open list.
--   message_class: direct, mass, automated, system or unknown; see dim_message_type.
--   sent_by_user_id: Team member who sent it for the creator.
--   price_cents: Price of a paid message, US cents; NULL if free.
--   is_priced: Whether it costs something.
--   purchased_at: Unlock of a paid message (UTC); NULL if it was not bought.
--   is_read: Whether the recipient has read it, as last read.
--   has_media: Whether media are attached.
--   media_count: Number of attached media.
--   text_length: Characters of the text, NULL without text.
--   sent_date: Day of sending in the creator's reporting time zone.
--   sent_date_utc: UTC day of sending.
--   sent_month: First day of the month of sending in the creator's reporting time zone.
--   reporting_timezone: IANA time zone of sent_date and sent_month.
WITH local AS (
    SELECT
        m.*,
        coalesce(c.reporting_timezone, 'UTC') AS reporting_timezone,
        coalesce(t.message_class, 'unknown') AS message_class,
        CASE
            WHEN z.utc_offset IS NOT NULL THEN m.sent_at + z.utc_offset
            ELSE (m.sent_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(c.reporting_timezone, 'UTC')
        END AS local_at
    FROM fanvue.messages m
    LEFT JOIN mart.dim_creators c ON c.creator_id = m.creator_id
    LEFT JOIN mart.dim_message_type t ON t.message_type = m.message_type
    LEFT JOIN mart.dim_utc_offsets z
        ON z.reporting_timezone = c.reporting_timezone AND z.utc_date = CAST(m.sent_at AS DATE)
    WHERE m.removed_at IS NULL
)
SELECT
    creator_id,
    fan_id,
    message_id,
    sent_at,
    direction,
    message_type,
    message_class,
    sent_by_user_id,
    price_cents,
    coalesce(price_cents > 0, false) AS is_priced,
    purchased_at,
    is_read,
    has_media,
    media_count,
    text_length,
    CAST(local_at AS DATE) AS sent_date,
    CAST(sent_at AS DATE) AS sent_date_utc,
    CAST(date_trunc('month', local_at) AS DATE) AS sent_month,
    reporting_timezone
FROM local
