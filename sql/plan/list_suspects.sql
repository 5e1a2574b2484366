-- Whether fans were missing from a list walked in a run, and are still in doubt.
SELECT count(*)
FROM meta.suspects
WHERE stream = ? AND creator_id = TRY_CAST(? AS UUID) AND reason = 'left';
