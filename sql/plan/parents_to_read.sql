-- What rows of a creator belong to (posts, lists, links, folders) and are to be read: never read and not empty, changed since
-- and with another count than was read, or read longest ago.
WITH walks AS (
  SELECT parent, max((last_seq::HUGEINT << 40) + last_page) AS version, max(walk_start_at) AS walked_at,
    arg_max(row_count, (last_seq, last_page)) AS row_count
  FROM meta.slices
  WHERE stream = ? AND creator_id = TRY_CAST(? AS UUID) AND is_complete
  GROUP BY parent)
SELECT CAST(p.{{.Key}} AS VARCHAR) AS parent,
  CASE WHEN w.parent IS NULL THEN 'new' WHEN w.walked_at < ? THEN 'read longest ago' ELSE 'moved total' END AS reason
FROM fanvue.{{.Table}} p
LEFT JOIN walks w ON w.parent = CAST(p.{{.Key}} AS VARCHAR)
WHERE p.creator_id = TRY_CAST(? AS UUID) AND p.removed_at IS NULL
  AND CASE WHEN w.parent IS NULL THEN {{if .Count}}coalesce(p.{{.Count}} > 0, true){{else}}true{{end}}
    ELSE w.walked_at < ? OR (p._run_seq::HUGEINT << 40) + p._page > w.version{{if .Count}} AND w.row_count IS DISTINCT FROM p.{{.Count}}{{end}} END
ORDER BY (p._run_seq::HUGEINT << 40) + p._page DESC, parent
