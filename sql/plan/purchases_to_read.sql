-- Paid messages seen in the earnings of a creator after their chat was last read, and not yet marked purchased.
WITH walks AS (
  SELECT fan_id, max((last_seq::HUGEINT << 40) + last_page) AS version
  FROM meta.slices
  WHERE table_name = 'messages' AND creator_id = TRY_CAST(? AS UUID) AND is_complete
  GROUP BY fan_id)
SELECT DISTINCT e.fan_id, CAST(e.message_id AS VARCHAR) AS message_id, m.sent_at
FROM fanvue.earnings e
JOIN walks w USING (fan_id)
LEFT JOIN fanvue.messages m ON m.creator_id = e.creator_id AND m.fan_id = e.fan_id AND m.message_id = e.message_id
WHERE e.creator_id = TRY_CAST(? AS UUID) AND e.source = 'message' AND e.message_id IS NOT NULL AND e.removed_at IS NULL
  AND (e._run_seq::HUGEINT << 40) + e._page > w.version
  AND m.purchased_at IS NULL
ORDER BY 1, 2;
