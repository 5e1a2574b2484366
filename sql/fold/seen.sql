-- Adds the keys of the delta that its rounds have to know. A row that was read before an earlier slice of its scope ended was seen in that one's round.
INSERT INTO temp.seen
SELECT d.slice_no,
{{- if .Interleaved}}
    (SELECT min(b.round) FROM temp.batch b WHERE (b.last_seq, b.last_page) >= (d._run_seq, d._page)
    {{- range .Scope}} AND b.{{.}} IS NOT DISTINCT FROM d.{{.}}{{end}}{{if .Parent}} AND b.parent IS NOT DISTINCT FROM s.parent{{end}}),
{{- else}}
    s.round,
{{- end}}
    {{list "d." .Seen}}
FROM temp.delta d
JOIN temp.batch s ON s.slice_no = d.slice_no
WHERE NOT s.is_only
