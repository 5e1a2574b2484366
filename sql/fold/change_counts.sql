-- New and changed rows.
SELECT count(*) FILTER (NOT is_known) AS inserted, count(*) FILTER (is_known) AS updated FROM temp.change
