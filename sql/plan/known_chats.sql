-- Known chats of a creator with activity since an instant.
SELECT count(*)
FROM fanvue.chats
WHERE creator_id = TRY_CAST(? AS UUID) AND coalesce(last_message_at, TIMESTAMP '1970-01-01') >= ?;
