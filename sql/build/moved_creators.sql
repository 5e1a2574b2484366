-- Creators whose months were cut in another time zone than theirs now.
WITH cut AS (
    SELECT DISTINCT creator_id, reporting_timezone FROM mart.agg_creator_month
    UNION
    SELECT DISTINCT creator_id, reporting_timezone FROM mart.agg_message_day
)
SELECT DISTINCT CAST(m.creator_id AS VARCHAR) AS creator_id
FROM cut m
JOIN mart.dim_creators c ON c.creator_id = m.creator_id
WHERE m.reporting_timezone IS DISTINCT FROM c.reporting_timezone
ORDER BY creator_id
