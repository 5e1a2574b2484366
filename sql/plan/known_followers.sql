-- Known followers of a creator.
SELECT count(*)
FROM fanvue.followers
WHERE creator_id = TRY_CAST(? AS UUID);
