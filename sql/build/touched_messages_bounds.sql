-- Bounds of the instants that the months of temp.touched_messages can hold in any time zone, for pruning; NULL if there are none.
SET VARIABLE messages_from = (SELECT CAST(min(month) AS TIMESTAMP) - INTERVAL 2 DAY FROM temp.touched_messages);
SET VARIABLE messages_to = (SELECT CAST(max(month) AS TIMESTAMP) + INTERVAL 1 MONTH + INTERVAL 2 DAY FROM temp.touched_messages);
