-- The lists of every creator: the newest complete walk on the named surfaces, or any; the account's own count now; whether that moved since the walk; and whether fans were missing who are still in doubt.
WITH lists(stream) AS (VALUES ('subscribers'), ('followers')),
last AS (
  SELECT stream, creator_id, arg_max({'seq': first_seq, 'page': first_page, 'walk_start_at': walk_start_at}, (last_seq, last_page)) AS walk
  FROM meta.slices
  WHERE stream IN (FROM lists) AND is_complete AND (? = '[]' OR list_contains(from_json(CAST(? AS JSON), '["VARCHAR"]'), surface))
  GROUP BY stream, creator_id),
doubts AS (
  SELECT DISTINCT stream, creator_id FROM meta.suspects WHERE stream IN (FROM lists) AND reason = 'left'),
known AS (
  SELECT stream, creator_id FROM last UNION SELECT stream, creator_id FROM doubts
  UNION SELECT stream, creator_id FROM lists, (SELECT DISTINCT creator_id FROM fanvue.account_snapshots)),
-- The newest counts of all, and of those before the walk. In a struct a count that is NULL is newest too.
counts AS (
  SELECT k.stream, k.creator_id,
    arg_max({'n': CASE k.stream WHEN 'followers' THEN s.followers ELSE s.subscribers END}, (s._run_seq, s._page)).n AS now_count,
    arg_max({'n': CASE k.stream WHEN 'followers' THEN s.followers ELSE s.subscribers END}, (s._run_seq, s._page))
      FILTER ((s._run_seq, s._page) < (l.walk.seq, l.walk.page)).n AS then_count
  FROM known k JOIN fanvue.account_snapshots s USING (creator_id) LEFT JOIN last l USING (stream, creator_id)
  GROUP BY k.stream, k.creator_id),
moved AS (
  SELECT DISTINCT l.creator_id
  FROM last l JOIN fanvue.subscriber_counts c ON c.creator_id = l.creator_id AND (c._run_seq, c._page) > (l.walk.seq, l.walk.page)
  WHERE l.stream = 'subscribers' AND c.new_subscribers_count + c.cancelled_subscribers_count > 0)
SELECT k.stream, CAST(k.creator_id AS VARCHAR) AS creator_id, l.walk.walk_start_at AS walked_at, n.now_count,
  n.now_count IS DISTINCT FROM n.then_count OR (k.stream = 'subscribers' AND m.creator_id IS NOT NULL) AS is_moved, d.creator_id IS NOT NULL AS is_in_doubt
FROM known k
LEFT JOIN last l USING (stream, creator_id)
LEFT JOIN counts n USING (stream, creator_id)
LEFT JOIN moved m USING (creator_id)
LEFT JOIN doubts d USING (stream, creator_id)
WHERE k.creator_id IS NOT NULL;
