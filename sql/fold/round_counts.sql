-- Rows that the round removed and restored.
SELECT (SELECT count(*) FROM temp.missing WHERE is_removed) AS removed, (SELECT count(*) FROM temp.restored) AS restored
