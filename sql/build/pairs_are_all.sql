-- Whether load.changed_earnings stands for everything.
SELECT count(*) > 0 FROM load.changed_earnings WHERE creator_id IS NULL
