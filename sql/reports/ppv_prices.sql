-- Price points of paid messages.
-- answers: Which prices do fans unlock, and what does each bring?
-- needs: messages
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 2. First month of sending, UTC.
--   to: month, default last month. Last month.
--   min_sent: integer from 1, default 1. Prices that were asked at least so often.
-- columns:
--   price_cents: Price that was asked, US cents.
--   sent_count: Paid messages sent at that price; a mass message counts once for each fan it went to.
--   unlocked_count: Of these, unlocked until the last run.
--   unlock_ratio: Unlocked per sent.
--   unlocked_gross_cents: Price of the unlocked ones, US cents.
--   cents_per_message: The same for each message that was sent, US cents.
SELECT
    m.price_cents,
    count(*) AS sent_count,
    count(m.purchased_at) AS unlocked_count,
    round(count(m.purchased_at) / count(*), 4) AS unlock_ratio,
    CAST(coalesce(sum(m.price_cents) FILTER (m.purchased_at IS NOT NULL), 0) AS BIGINT) AS unlocked_gross_cents,
    round(coalesce(sum(m.price_cents) FILTER (m.purchased_at IS NOT NULL), 0) / count(*), 1) AS cents_per_message
FROM fanvue.messages m
WHERE m.direction = 'creator' AND m.price_cents > 0 AND m.removed_at IS NULL
    AND m.sent_at >= $from AND m.sent_at < CAST($to AS DATE) + INTERVAL 1 MONTH
    AND ($creator IS NULL OR m.creator_id = CAST($creator AS UUID))
GROUP BY m.price_cents
HAVING count(*) >= $min_sent
ORDER BY m.price_cents
