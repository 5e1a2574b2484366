-- Whether a creator's days in ${mart} were cut in another time zone than the creator has now.
SELECT count(*) > 0
FROM (SELECT DISTINCT creator_id, reporting_timezone FROM ${mart}) a
JOIN mart.dim_creators c ON c.creator_id = a.creator_id
WHERE a.reporting_timezone <> c.reporting_timezone
