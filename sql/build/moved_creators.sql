-- Creators whose months were cut in another time zone than theirs now.
SELECT DISTINCT CAST(a.creator_id AS VARCHAR) AS creator_id
FROM mart.agg_creator_month a
JOIN mart.dim_creators c ON c.creator_id = a.creator_id
WHERE a.reporting_timezone IS DISTINCT FROM c.reporting_timezone
ORDER BY creator_id
