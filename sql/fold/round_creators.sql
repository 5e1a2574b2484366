-- One slice: creators that two complete lists in a row lack are removed; the key's owner stands on no list.
DELETE FROM meta.suspects u USING temp.seen d
WHERE u.reason = 'missing' AND u.stream = 'creators' AND d.seen_round = getvariable('round') AND u.creator_id = d.creator_id;
CREATE OR REPLACE TEMP TABLE restored AS
SELECT DISTINCT t.creator_id FROM fanvue.creators t JOIN temp.seen d ON t.creator_id = d.creator_id
WHERE t.removed_at IS NOT NULL AND d.seen_round = getvariable('round');
UPDATE fanvue.creators t SET removed_at = NULL FROM temp.restored r WHERE t.creator_id = r.creator_id;
CREATE OR REPLACE TEMP TABLE missing AS
SELECT t.creator_id, s.walk_start_at, s.last_seq, s.last_page,
    EXISTS (FROM meta.suspects u WHERE u.reason = 'missing' AND u.stream = 'creators' AND u.creator_id = t.creator_id) AS is_removed
FROM fanvue.creators t, temp.batch s
WHERE s.round = getvariable('round') AND s.is_complete AND NOT s.is_only AND s.stream = 'creators'
    AND t.removed_at IS NULL
    AND CAST(t.creator_id AS VARCHAR) <> getvariable('owner')
    AND (t._run_seq, t._page) < (s.first_seq, s.first_page)
    AND NOT EXISTS (FROM temp.seen d WHERE d.slice_no = s.slice_no AND d.creator_id = t.creator_id);
UPDATE fanvue.creators t SET removed_at = m.walk_start_at FROM temp.missing m WHERE m.is_removed AND t.creator_id = m.creator_id;
DELETE FROM meta.suspects u USING temp.missing m
WHERE m.is_removed AND u.reason = 'missing' AND u.stream = 'creators' AND u.creator_id = m.creator_id;
INSERT INTO meta.suspects (reason, stream, creator_id, earning_id, fan_id, suspect_at, since_seq, since_page)
SELECT 'missing', 'creators', creator_id, NULL, NULL, walk_start_at, last_seq, last_page FROM temp.missing WHERE NOT is_removed
