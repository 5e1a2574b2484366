-- New snapshots.
SELECT count(*) AS inserted, 0 AS updated FROM temp.change
