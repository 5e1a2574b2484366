-- Creators that a parameter may name, with their reporting time zone.
SELECT CAST(creator_id AS VARCHAR) AS creator_id, coalesce(handle, '') AS handle, coalesce(label, '') AS label, reporting_timezone
FROM mart.dim_creators
ORDER BY handle, creator_id
