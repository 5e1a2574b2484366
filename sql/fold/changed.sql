-- Whether the marts have to look at everything, at something, and since which run sequence keys are unchecked.
SELECT count(*) FILTER (creator_id IS NULL) > 0 OR count(*) > 500000 AS is_all, count(*) > 0 AS is_any,
    (SELECT min(run_seq) FROM load.unchecked) AS unchecked_since
FROM load.changed_earnings
