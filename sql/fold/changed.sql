-- Whether the marts have to look at every earning, and whether at any.
SELECT count(*) FILTER (creator_id IS NULL) > 0 OR count(*) > 500000 AS is_all, count(*) > 0 AS is_any
FROM load.changed_earnings
