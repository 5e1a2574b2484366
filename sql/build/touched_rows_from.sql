-- First instant of the messages that the tables of what is touched may ask for; NULL if there is nothing in them.
SET VARIABLE messages_from = (
    SELECT min(from_at)
    FROM (
        SELECT CAST(min(day) AS TIMESTAMP) AS from_at FROM temp.touched_days
        UNION ALL
        SELECT CAST(min(month) AS TIMESTAMP) - INTERVAL 2 DAY FROM temp.touched_chats
        UNION ALL
        SELECT min(read_from) FROM temp.touched_turns
    ))
