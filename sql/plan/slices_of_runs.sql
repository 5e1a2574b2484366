-- Complete slices that the named runs began after an instant, whichever run ended them; a window that reached up to its own now is open at the end.
-- What was begun before and only ended after it says nothing of what came between.
SELECT stream, coalesce(CAST(creator_id AS VARCHAR), '') AS creator_id, coalesce(fan_id, '') AS fan_id, window_start,
  CASE WHEN window_end >= walk_start_at - INTERVAL 1 DAY THEN TIMESTAMP '9999-12-31' ELSE window_end END AS window_end
FROM meta.slices
WHERE list_contains(from_json(CAST(? AS JSON), '["VARCHAR"]'), split_part(slice_id, '/', 1)) AND is_complete AND walk_start_at >= ?;
