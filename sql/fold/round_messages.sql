-- One slice of each chat: what was seen is there, what a complete window lacks was unsent.
SET VARIABLE window_from = (SELECT min(window_start) FROM temp.batch WHERE round = getvariable('round') AND is_complete AND NOT is_only);
SET VARIABLE window_to = (SELECT max(window_end) FROM temp.batch WHERE round = getvariable('round') AND is_complete AND NOT is_only);
CREATE OR REPLACE TEMP TABLE restored AS
SELECT DISTINCT t.creator_id, t.fan_id, t.message_id, t.sent_at
FROM fanvue.messages t
JOIN temp.seen d ON t.creator_id = d.creator_id AND t.fan_id = d.fan_id AND t.message_id = d.message_id
WHERE t.removed_at IS NOT NULL AND d.seen_round = getvariable('round');
UPDATE fanvue.messages t SET removed_at = NULL FROM temp.restored r
WHERE t.creator_id = r.creator_id AND t.fan_id = r.fan_id AND t.message_id = r.message_id;
CREATE OR REPLACE TEMP TABLE missing AS
SELECT t.creator_id, t.fan_id, t.message_id, t.sent_at, s.walk_start_at, true AS is_removed
FROM fanvue.messages t
JOIN temp.batch s ON s.creator_id = t.creator_id AND s.fan_id = t.fan_id AND t.sent_at >= s.window_start AND t.sent_at < s.window_end
WHERE s.round = getvariable('round') AND s.is_complete AND NOT s.is_only
    AND t.sent_at >= getvariable('window_from') AND t.sent_at < getvariable('window_to')
    AND t.removed_at IS NULL
    AND (t._run_seq, t._page) < (s.first_seq, s.first_page)
    AND NOT EXISTS (FROM temp.seen d WHERE d.slice_no = s.slice_no AND d.message_id = t.message_id);
UPDATE fanvue.messages t SET removed_at = m.walk_start_at FROM temp.missing m
WHERE t.creator_id = m.creator_id AND t.fan_id = m.fan_id AND t.message_id = m.message_id;
INSERT INTO load.changed_messages
SELECT creator_id, fan_id, message_id, sent_at, true FROM temp.restored
UNION
SELECT creator_id, fan_id, message_id, sent_at, true FROM temp.missing
