-- How far each stream is complete, of each creator and of the account: the newest end of a covered window, or the newest complete walk.
SELECT v.stream, coalesce(CAST(v.creator_id AS VARCHAR), '') AS creator_id, max(v.window_end) AS complete_to
FROM meta.coverage v LEFT JOIN fanvue.creators c USING (creator_id)
WHERE v.window_end IS NOT NULL AND c.removed_at IS NULL
GROUP BY 1, 2
ORDER BY 1, 2;
