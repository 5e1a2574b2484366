-- How mass messages did.
-- answers: Which broadcasts were seen and unlocked, and what did they bring by the platform's count?
-- needs: mass messages
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: date, default today - 30. First UTC day of sending.
-- columns:
--   creator: Label of the creator, else the handle.
--   published_at: Instant of sending (UTC).
--   mass_message_id: Mass message.
--   recipients_count: Fans it went to.
--   views_count: Fans who saw it.
--   purchases_count: Fans who unlocked it.
--   view_ratio: Views per recipient.
--   purchase_ratio: Purchases per recipient.
--   revenue_cents: Revenue as the platform counts it, US cents.
SELECT
    coalesce(d.label, CAST(m.creator_id AS VARCHAR)) AS creator,
    m.published_at,
    m.mass_message_id,
    m.recipients_count,
    m.views_count,
    m.purchases_count,
    round(m.views_count / nullif(m.recipients_count, 0), 4) AS view_ratio,
    round(m.purchases_count / nullif(m.recipients_count, 0), 4) AS purchase_ratio,
    m.revenue_cents
FROM fanvue.mass_messages m
LEFT JOIN mart.dim_creators d ON d.creator_id = m.creator_id
WHERE m.removed_at IS NULL AND m.published_at >= $from AND ($creator IS NULL OR m.creator_id = CAST($creator AS UUID))
ORDER BY m.published_at DESC, creator, m.creator_id, m.mass_message_id
