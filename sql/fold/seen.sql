-- Adds the keys of the delta. A row that was read before an earlier slice of its scope ended was seen in that one's round.
INSERT INTO temp.seen
SELECT d.slice_id,
{{- if .Interleaved}}
    (SELECT min(b.round) FROM temp.batch b WHERE (b.last_seq, b.last_page) >= (d._run_seq, d._page)
    {{- range .Scope}} AND b.{{.}} IS NOT DISTINCT FROM d.{{.}}{{end}}),
{{- else}}
    d.round,
{{- end}}
    {{list "d." .Seen}}
FROM temp.delta d
