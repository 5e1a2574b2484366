-- What the batch makes of each key: a new row, or other content than the row has. The last change of content wins.
CREATE OR REPLACE TEMP TABLE change AS
WITH events AS (
    SELECT rowid AS row_at, {{list "" .Key}}, _event, _hash,
        lag(_hash) OVER (PARTITION BY {{list "" .Key}} ORDER BY _event) AS prior_hash
    FROM temp.delta
),
newest AS (
    SELECT {{list "" .Key}}, arg_max(row_at, _event) AS row_at, count(*) AS changes
    FROM events
    WHERE prior_hash IS DISTINCT FROM _hash
    GROUP BY {{list "" .Key}}
)
{{- if or .Keep .People}},
kept AS (
    SELECT {{list "" .Key}}
    {{- range .Keep}}, arg_max({{.}}, _event) AS {{.}}{{end}}, min(_fetched_at) AS first_fetched_at
    FROM temp.delta
    GROUP BY {{list "" .Key}}
)
{{- end}}
SELECT
{{- range .Columns}}
    {{if .Keep}}coalesce(d.{{.Name}}, k.{{.Name}}, t.{{.Name}}) AS {{.Name}}{{else}}d.{{.Name}}{{end}},
{{- end}}
{{- if .Removable}}
    t.removed_at,
{{- end}}
{{- if .People}}
    coalesce(t.first_seen_at, k.first_fetched_at) AS first_seen_at,
    d._fetched_at AS last_seen_at,
{{- end}}
    d._run_id, d._fetched_at, d._extra, d._run_seq, d._page, d._hash,
    t.{{index .Key 0}} IS NOT NULL AS is_known
FROM newest n
JOIN temp.delta d ON d.rowid = n.row_at
{{- if or .Keep .People}}
JOIN kept k ON {{match "k" "n" .Key}}
{{- end}}
LEFT JOIN {{.Target}} t ON {{match "t" "d" .Match}}
WHERE t.{{index .Key 0}} IS NULL OR n.changes > 1 OR d._hash <> t._hash
