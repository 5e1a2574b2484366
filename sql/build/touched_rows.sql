-- Messages of the days and chats that are touched: the one time that all messages are looked at for them.
SELECT *
FROM fanvue.messages
WHERE sent_at >= getvariable('messages_from')
    AND ((creator_id, CAST(sent_at AS DATE)) IN (SELECT creator_id, day FROM temp.touched_days)
        OR (creator_id, fan_id) IN (SELECT creator_id, fan_id FROM temp.touched_chats))
