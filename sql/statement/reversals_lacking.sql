-- Whether sales of a window were read where reversals stand apart from them, and those reversals were not.
SELECT count(*) FILTER (stream = 'earnings' AND surface IN ('v0', 'bare')) > 0
  AND count(*) FILTER (stream = 'reversals' OR surface NOT IN ('v0', 'bare')) = 0 AS is_lacking
FROM (
  SELECT stream, coalesce(surface, 'v1') AS surface
  FROM meta.slices
  WHERE stream IN ('earnings', 'reversals') AND creator_id = CAST(? AS UUID) AND is_complete AND window_start < ? AND window_end > ?)
