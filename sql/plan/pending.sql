-- Earnings of a creator whose status may still move: instant, and how many rows of the creator lie at or after it.
WITH p AS (
  SELECT DISTINCT earned_at FROM fanvue.earnings
  WHERE creator_id = TRY_CAST(? AS UUID) AND transaction_order_status = 'pendingBalance' AND removed_at IS NULL),
since AS (
  SELECT count(*) AS row_count FROM fanvue.earnings
  WHERE creator_id = TRY_CAST(? AS UUID) AND earned_at >= (SELECT min(earned_at) FROM p)),
read AS (
  SELECT window_start, window_end, walk_start_at FROM meta.slices
  WHERE stream = 'earnings' AND creator_id = TRY_CAST(? AS UUID) AND is_complete)
SELECT p.earned_at, since.row_count,
  (SELECT max(walk_start_at) FROM read WHERE p.earned_at >= window_start AND p.earned_at < window_end) AS read_at
FROM p, since
ORDER BY p.earned_at DESC;
