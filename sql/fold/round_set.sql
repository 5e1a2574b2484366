-- One slice of each creator, or of each post, list, link or folder: what was seen is there, what a complete read of all that belongs together lacks is gone.
CREATE OR REPLACE TEMP TABLE restored AS
SELECT DISTINCT {{list "t." .Key}}
FROM {{.Target}} t
JOIN temp.seen d ON {{match "t" "d" .Key}}
WHERE t.removed_at IS NOT NULL AND d.seen_round = getvariable('round');
UPDATE {{.Target}} t SET removed_at = NULL FROM temp.restored r WHERE {{match "t" "r" .Key}};
CREATE OR REPLACE TEMP TABLE missing AS
SELECT {{list "t." .Key}}, s.walk_start_at, true AS is_removed
FROM {{.Target}} t
JOIN temp.batch s ON {{if .Parent}}CAST(t.{{.Parent}} AS VARCHAR) = s.parent AND {{end}}(s.creator_id IS NULL OR s.creator_id = t.creator_id)
WHERE s.round = getvariable('round') AND s.is_complete AND NOT s.is_only
    AND t.removed_at IS NULL
    AND (t._run_seq, t._page) < (s.first_seq, s.first_page)
    AND NOT EXISTS (FROM temp.seen d WHERE d.slice_no = s.slice_no AND {{match "d" "t" .Key}});
UPDATE {{.Target}} t SET removed_at = m.walk_start_at FROM temp.missing m WHERE {{match "t" "m" .Key}}
