-- Known messages of a chat since an instant.
SELECT count(*)
FROM fanvue.messages
WHERE creator_id = TRY_CAST(? AS UUID) AND fan_id = ? AND sent_at >= ? AND removed_at IS NULL;
