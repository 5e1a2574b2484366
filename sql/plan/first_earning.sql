-- The first earning of a creator and the newest version of the creator's earnings rows.
SELECT min(earned_at) AS first_earned_at, count(*) AS row_count
FROM fanvue.earnings
WHERE creator_id = TRY_CAST(? AS UUID);
