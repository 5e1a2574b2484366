-- Whether load.changed_messages stands for everything, or for so much that everything is faster.
SELECT count(*) FILTER (creator_id IS NULL) > 0 OR count(*) > 500000 FROM load.changed_messages
