-- Whether the marts look at every message anyway.
SELECT count(*) > 0 AS is_all FROM load.changed_messages WHERE creator_id IS NULL
