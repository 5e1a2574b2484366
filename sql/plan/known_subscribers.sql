-- Known subscribers of a creator.
SELECT count(*)
FROM fanvue.subscribers
WHERE creator_id = TRY_CAST(? AS UUID);
