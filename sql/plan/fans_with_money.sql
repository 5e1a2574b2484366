-- Fans of a creator who paid or subscribe.
SELECT fan_id FROM fanvue.earnings WHERE creator_id = TRY_CAST(? AS UUID) AND fan_id IS NOT NULL
UNION
SELECT fan_id FROM fanvue.subscribers WHERE creator_id = TRY_CAST(? AS UUID)
ORDER BY fan_id;
