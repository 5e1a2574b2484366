-- Messages of which the marts of messages are computed, as mart.fct_messages has them.
CREATE OR REPLACE TEMP TABLE touched_messages AS
SELECT creator_id, fan_id, message_id, sent_at, direction, message_class, sent_by_user_id, price_cents, is_priced, purchased_at, sent_date, sent_date_utc, sent_month, reporting_timezone
FROM (${messages})
WHERE sent_at IS NOT NULL
