-- Chats of a creator with activity since an instant whose messages from then up to another are not covered, newest activity first.
WITH edges AS (
  SELECT fan_id, window_start, window_end, coalesce(window_start > max(window_end) OVER (
    PARTITION BY fan_id ORDER BY window_start, window_end ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS is_edge
  FROM meta.slices
  WHERE stream = 'messages' AND creator_id = TRY_CAST(? AS UUID) AND is_complete AND window_end > window_start),
islands AS (
  SELECT *, count(*) FILTER (is_edge) OVER (
    PARTITION BY fan_id ORDER BY window_start, window_end ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
  FROM edges),
covered AS (
  SELECT fan_id, min(window_start) AS window_start, max(window_end) AS window_end
  FROM islands
  GROUP BY fan_id, island)
SELECT c.fan_id, CAST(NULL AS TIMESTAMP) AS covered_to, CASE WHEN v.fan_id IS NULL THEN 'gap' ELSE 'read again' END AS reason
FROM fanvue.chats c
LEFT JOIN covered v ON v.fan_id = c.fan_id
  AND v.window_start <= CAST(? AS TIMESTAMP) AND v.window_end >= least(CAST(? AS TIMESTAMP), c.last_message_at + INTERVAL 1 MILLISECOND)
WHERE c.creator_id = TRY_CAST(? AS UUID) AND c.last_message_at >= CAST(? AS TIMESTAMP)
  AND (v.fan_id IS NULL OR ?::BOOLEAN)
ORDER BY c.last_message_at DESC, c.fan_id;
