-- Bounds of creators with subscribers: of all of them or, where all days are computed again, of groups with about half a million intervals each.
SELECT CAST(min(creator_id) AS VARCHAR), CAST(max(creator_id) AS VARCHAR)
FROM (
    SELECT creator_id, CASE WHEN getvariable('changed_from') = DATE '0001-01-01' THEN sum(intervals) OVER (ORDER BY creator_id) // 500000 ELSE 0 END AS group_no
    FROM (SELECT creator_id, count(*) AS intervals FROM fanvue.subscribers_history GROUP BY creator_id)
)
GROUP BY group_no
ORDER BY 1
