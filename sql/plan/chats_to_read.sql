-- Chats of a creator whose row changed after their messages were last read to the end, newest activity first.
WITH walks AS (
  SELECT fan_id, max((last_seq::HUGEINT << 40) + last_page) AS version, max(window_end) AS covered_to,
    bool_or(window_start <= TIMESTAMP '1970-01-01') AS is_read_to_start
  FROM meta.slices
  WHERE stream = 'messages' AND creator_id = TRY_CAST(? AS UUID) AND is_complete
  GROUP BY fan_id)
SELECT c.fan_id, CASE WHEN w.is_read_to_start THEN w.covered_to END AS covered_to,
  CASE WHEN w.is_read_to_start THEN 'changed chat' ELSE 'new chat' END AS reason
FROM fanvue.chats c LEFT JOIN walks w USING (fan_id)
WHERE c.creator_id = TRY_CAST(? AS UUID)
  AND (?::BOOLEAN OR w.fan_id IS NULL OR NOT w.is_read_to_start OR (c._run_seq::HUGEINT << 40) + c._page > w.version)
  AND (c.last_message_at IS NOT NULL OR w.fan_id IS NULL)
ORDER BY c.last_message_at DESC NULLS LAST, c.fan_id;
