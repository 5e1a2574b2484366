-- Fans that the round opened, changed and closed.
SELECT count(*) FILTER (open_from IS NULL) AS inserted, count(*) FILTER (open_from IS NOT NULL) AS updated,
    (SELECT count(*) FROM temp.missing WHERE is_removed) AS closed
FROM temp.change
