-- Months in which a creator has earnings, oldest first.
SELECT strftime(earned_month, '%Y-%m') AS earned_month
FROM mart.agg_creator_month
WHERE creator_id = CAST(? AS UUID)
ORDER BY earned_month
