-- Types of messages with the class by which chats are measured.
-- grain: one row per type: those the platform is known to use, and any other that the data have
-- key: message_type
-- sources: fanvue.messages
-- build: whole
-- example: SELECT message_type FROM mart.dim_message_type WHERE message_class = 'automated'
-- columns:
--   message_type: Type as the platform names it; (none) for messages without one.
--   message_class: direct (written to one fan by a person), mass (to many at once), automated (by a rule or by AI), system (notes of the platform, such as a tip) or unknown (a type that this list does not have; in no figure of direct or mass messages).
WITH listed(message_type, message_class) AS (
    VALUES
        ('SINGLE_RECIPIENT', 'direct'),
        ('CHAT_TEXT_REWRITE', 'direct'),
        ('BROADCAST', 'mass'),
        ('AUTOMATED_CANCELED', 'automated'),
        ('AUTOMATED_NEW_FOLLOWER', 'automated'),
        ('AUTOMATED_NEW_PURCHASE', 'automated'),
        ('AUTOMATED_NEW_SUBSCRIBER', 'automated'),
        ('AUTOMATED_RE_SUBSCRIBED', 'automated'),
        ('AUTOMATED_RENEWED', 'automated'),
        ('AUTOMATED_CHAT_MESSAGE_REPLY', 'automated'),
        ('AUTOMATED_FIRST_MESSAGE_REPLY', 'automated'),
        ('CHAT_TEXT_GENERATION', 'automated'),
        ('CHAT_TEXT_REPLY', 'automated'),
        ('TIP', 'system'),
        ('LOCKED_MESSAGE_UNLOCKED', 'system'),
        ('VOICE_CALL', 'system'),
        ('GHOST_PROMOTION', 'system'),
        ('MARKETING_KYC', 'system')
)
SELECT * FROM listed
UNION ALL
SELECT DISTINCT coalesce(m.message_type, '(none)'), CASE WHEN starts_with(m.message_type, 'AUTOMATED_') THEN 'automated' ELSE 'unknown' END
FROM fanvue.messages m
WHERE coalesce(m.message_type, '(none)') NOT IN (SELECT message_type FROM listed)
ORDER BY message_type
