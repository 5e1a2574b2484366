-- What a check found, by creator: failing rows and one of them as JSON; ${check} is the check.
SELECT CAST(creator_id AS VARCHAR) AS creator_id, count(*) AS failures, min(CAST(to_json(failing) AS VARCHAR)) AS sample
FROM (${check}) failing
GROUP BY creator_id
ORDER BY creator_id NULLS FIRST
