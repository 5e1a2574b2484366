-- One walk of each list: its fans are open from its start, with the content it has; who left is closed at its start.
CREATE OR REPLACE TEMP TABLE listed AS
SELECT d.*, s.stream, s.walk_start_at, s.surface_rank
FROM temp.delta d
JOIN temp.batch s ON s.slice_no = d.slice_no
WHERE s.round = getvariable('round')
QUALIFY row_number() OVER (PARTITION BY {{list "d." .Key}} ORDER BY d._event DESC) = 1;
CREATE OR REPLACE TEMP TABLE change AS
SELECT l.*, h.valid_from AS open_from, c.closed_at
FROM temp.listed l
LEFT JOIN {{.Target}} h ON h.valid_to IS NULL AND {{match "h" "l" .Key}}
LEFT JOIN (SELECT {{list "" .Key}}, max(valid_to) AS closed_at FROM {{.Target}} WHERE valid_to IS NOT NULL GROUP BY {{list "" .Key}}) c
    ON {{match "c" "l" .Key}}
WHERE h.valid_from IS NULL OR h._hash <> l._hash AND (h._run_seq, h._page) < (l._run_seq, l._page)
{{- if .Mixed}}
    -- The older surface knows less of a subscriber than v1, and of followers only those who do not subscribe.
    AND NOT EXISTS (FROM temp.read_on o WHERE h._run_seq BETWEEN o.first_seq AND o.last_seq AND o.surface_rank = 3 AND l.surface_rank < 3)
{{- end}};
DELETE FROM {{.Target}} h USING temp.change c
WHERE h.valid_to IS NULL AND c.open_from >= c.walk_start_at AND {{match "h" "c" .Key}};
UPDATE {{.Target}} h SET valid_to = c.walk_start_at FROM temp.change c
WHERE h.valid_to IS NULL AND c.open_from < c.walk_start_at AND {{match "h" "c" .Key}};
INSERT INTO {{.Target}} BY NAME
SELECT {{range .Columns}}{{.Name}}, {{end}}
    greatest(walk_start_at, open_from, closed_at) AS valid_from, CAST(NULL AS TIMESTAMP) AS valid_to,
    _run_id, _fetched_at, _extra, _run_seq, _page, _hash
FROM temp.change;
CREATE OR REPLACE TEMP TABLE missing AS
SELECT {{list "h." .Key}}, s.walk_start_at, s.last_seq, s.last_page,
    {{if .PeriodEnd}}coalesce(h.{{.PeriodEnd}} <= s.walk_start_at, false) OR {{end -}}
    coalesce(s.head_count = coalesce(n.fans, 0), false)
    OR EXISTS (FROM meta.suspects u WHERE u.reason = 'left' AND u.stream = s.stream AND u.creator_id = h.creator_id AND u.fan_id = h.fan_id
        AND u.since_seq = s.last_seq AND (u.since_seq, u.since_page) < (s.first_seq, s.first_page)) AS is_removed,
    s.stream
FROM {{.Target}} h
JOIN temp.batch s ON s.creator_id = h.creator_id
LEFT JOIN (SELECT slice_no, count(*) AS fans FROM temp.listed GROUP BY slice_no) n ON n.slice_no = s.slice_no
WHERE s.round = getvariable('round') AND s.is_complete AND h.valid_to IS NULL AND h.valid_from < s.walk_start_at
    AND (h._run_seq, h._page) < (s.first_seq, s.first_page)
    AND NOT EXISTS (FROM temp.listed l WHERE {{match "l" "h" .Key}})
{{- if .Mixed}}
    AND NOT EXISTS (FROM temp.read_on o WHERE h._run_seq BETWEEN o.first_seq AND o.last_seq AND o.surface_rank = 3 AND s.surface_rank < 3)
{{- end}};
UPDATE {{.Target}} h SET valid_to = m.walk_start_at FROM temp.missing m
WHERE m.is_removed AND h.valid_to IS NULL AND {{match "h" "m" .Key}};
DELETE FROM meta.suspects u USING temp.batch s
WHERE u.reason = 'left' AND u.stream = s.stream AND u.creator_id = s.creator_id AND s.round = getvariable('round') AND s.is_complete;
DELETE FROM meta.suspects u USING temp.listed l
WHERE u.reason = 'left' AND u.stream = l.stream AND {{match "u" "l" .Key}};
INSERT INTO meta.suspects (reason, stream, creator_id, earning_id, fan_id, suspect_at, since_seq, since_page)
SELECT 'left', stream, creator_id, NULL, fan_id, walk_start_at, last_seq, last_page FROM temp.missing WHERE NOT is_removed
