-- How far the earnings of each creator are complete, and what the checks found.
WITH covered AS (
  SELECT creator_id, max(window_end) AS complete_to, count(*) AS windows
  FROM meta.coverage WHERE stream = 'earnings' GROUP BY creator_id),
found AS (
  SELECT creator_id, string_agg(check_name, ', ' ORDER BY check_name) AS checks
  FROM meta.checks WHERE failures > 0 GROUP BY creator_id)
SELECT CAST(c.creator_id AS VARCHAR) AS creator_id, c.handle, v.complete_to, greatest(coalesce(v.windows, 0) - 1, 0) AS gaps,
  coalesce(f.checks, '') AS checks, c.removed_at
FROM fanvue.creators c LEFT JOIN covered v USING (creator_id) LEFT JOIN found f USING (creator_id)
ORDER BY c.handle, c.creator_id;
