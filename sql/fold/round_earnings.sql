-- One slice of each creator: what was seen is not in doubt, what a complete window lacks is, and is removed when a second one lacks it too.
SET VARIABLE window_from = (SELECT min(window_start) FROM temp.batch WHERE round = getvariable('round') AND is_complete AND NOT is_only AND judges IS NOT NULL);
SET VARIABLE window_to = (SELECT max(window_end) FROM temp.batch WHERE round = getvariable('round') AND is_complete AND NOT is_only AND judges IS NOT NULL);
DELETE FROM meta.suspects u USING temp.seen d
WHERE u.reason = 'missing' AND u.stream = 'earnings' AND d.seen_round = getvariable('round')
    AND u.creator_id = d.creator_id AND u.earning_id = d.earning_id;
CREATE OR REPLACE TEMP TABLE restored AS
SELECT DISTINCT t.creator_id, t.earning_id, t.earned_at, t.transaction_order_id
FROM fanvue.earnings t
JOIN temp.seen d ON t.creator_id = d.creator_id AND t.earning_id = d.earning_id AND t.earned_at = d.earned_at
WHERE t.removed_at IS NOT NULL AND d.seen_round = getvariable('round')
{{- if .Mixed}}
    AND NOT EXISTS (FROM temp.twins w WHERE w.creator_id = t.creator_id AND w.earning_id = t.earning_id AND w.earned_at = t.earned_at)
{{- end}};
UPDATE fanvue.earnings t SET removed_at = NULL FROM temp.restored r
WHERE t.creator_id = r.creator_id AND t.earning_id = r.earning_id AND t.earned_at = r.earned_at;
CREATE OR REPLACE TEMP TABLE missing AS
SELECT t.creator_id, t.earning_id, t.earned_at, t.transaction_order_id, s.walk_start_at, s.last_seq, s.last_page,
    t._run_seq, s.surface_rank,
    EXISTS (FROM meta.suspects u WHERE u.reason = 'missing' AND u.stream = 'earnings'
        AND u.creator_id = t.creator_id AND u.earning_id = t.earning_id) AS is_removed
FROM fanvue.earnings t
JOIN temp.batch s ON s.creator_id = t.creator_id AND t.earned_at >= s.window_start AND t.earned_at < s.window_end
WHERE s.round = getvariable('round') AND s.is_complete AND NOT s.is_only
    AND (s.judges = 'all' OR s.judges = CASE WHEN t.source IN ('refund', 'chargeback') OR t.reversed_transaction_order_id IS NOT NULL THEN 'reversals' ELSE 'sales' END)
    AND t.earned_at >= getvariable('window_from') AND t.earned_at < getvariable('window_to')
    AND t.removed_at IS NULL
    AND (t._run_seq, t._page) < (s.first_seq, s.first_page)
    AND NOT EXISTS (FROM temp.seen d WHERE d.slice_no = s.slice_no AND d.creator_id = t.creator_id AND d.earning_id = t.earning_id);
{{- if .Mixed}}
-- A surface says nothing of rows that a newer one has.
DELETE FROM temp.missing m USING temp.read_on o
WHERE m._run_seq BETWEEN o.first_seq AND o.last_seq AND o.surface_rank > m.surface_rank;
{{- end}}
UPDATE fanvue.earnings t SET removed_at = m.walk_start_at FROM temp.missing m
WHERE m.is_removed AND t.creator_id = m.creator_id AND t.earning_id = m.earning_id AND t.earned_at = m.earned_at;
DELETE FROM meta.suspects u USING temp.missing m
WHERE m.is_removed AND u.reason = 'missing' AND u.stream = 'earnings' AND u.creator_id = m.creator_id AND u.earning_id = m.earning_id;
INSERT INTO meta.suspects (reason, stream, creator_id, earning_id, fan_id, suspect_at, since_seq, since_page)
SELECT 'missing', 'earnings', creator_id, earning_id, NULL, earned_at, last_seq, last_page FROM temp.missing WHERE NOT is_removed;
DELETE FROM meta.suspects u USING temp.batch s
WHERE u.reason = 'reversal' AND s.round = getvariable('round') AND s.is_complete AND s.judges = 'all'
    AND u.creator_id = s.creator_id AND u.suspect_at >= s.window_start AND u.suspect_at < s.window_end
    AND (s.first_seq, s.first_page) > (u.since_seq, u.since_page);
INSERT INTO load.changed_earnings
SELECT creator_id, earned_at, transaction_order_id FROM temp.restored
UNION
SELECT creator_id, earned_at, transaction_order_id FROM temp.missing WHERE is_removed
