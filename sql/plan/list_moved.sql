-- Whether the head count of a list moved since its newest complete walk on the named surfaces, or any; column names the count in account_snapshots.
WITH last AS (
  SELECT first_seq, first_page, walk_start_at FROM meta.slices
  WHERE stream = ? AND creator_id = TRY_CAST(? AS UUID) AND is_complete
    AND (? = '[]' OR list_contains(from_json(CAST(? AS JSON), '["VARCHAR"]'), surface))
  ORDER BY last_seq DESC, last_page DESC LIMIT 1),
snapshots AS (
  SELECT CASE WHEN ? = 'followers' THEN followers ELSE subscribers END AS head_count, _run_seq, _page
  FROM fanvue.account_snapshots WHERE creator_id = TRY_CAST(? AS UUID)),
counts AS (
  SELECT
    (SELECT head_count FROM snapshots ORDER BY _run_seq DESC, _page DESC LIMIT 1) AS now_count,
    (SELECT s.head_count FROM snapshots s, last WHERE (s._run_seq, s._page) < (last.first_seq, last.first_page)
     ORDER BY s._run_seq DESC, s._page DESC LIMIT 1) AS then_count,
    (SELECT count(*) FROM fanvue.subscriber_counts c, last
     WHERE c.creator_id = TRY_CAST(? AS UUID) AND (c._run_seq, c._page) > (last.first_seq, last.first_page)
       AND c.new_subscribers_count + c.cancelled_subscribers_count > 0) AS moved_days)
SELECT (SELECT walk_start_at FROM last) AS walked_at, now_count,
  now_count IS DISTINCT FROM then_count OR (? = 'subscribers' AND moved_days > 0) AS is_moved
FROM counts;
