-- What the batch makes of each key: a new row, or other content than the row has. The last change of content wins.
-- Few keys come more than once, so only those pay for an order.
CREATE OR REPLACE TEMP TABLE change AS
WITH repeated AS (
    SELECT {{list "" .Key}} FROM temp.delta GROUP BY {{list "" .Key}} HAVING count(*) > 1
),
events AS (
    SELECT d.rowid AS row_at, {{list "d." .Key}}, d._event, d._hash,
        lag(d._hash) OVER (PARTITION BY {{list "d." .Key}} ORDER BY d._event) AS prior_hash
    FROM temp.delta d
    SEMI JOIN repeated r ON {{match "r" "d" .Key}}
),
newest AS (
    SELECT {{list "" .Key}}, arg_max(row_at, _event) AS row_at, count(*) AS changes
    FROM events
    WHERE prior_hash IS DISTINCT FROM _hash
    GROUP BY {{list "" .Key}}
)
{{- if or .Keep .People}},
kept AS (
    SELECT {{list "d." .Key}}
    {{- range .Keep}}, arg_max(d.{{.}}, d._event) AS {{.}}{{end}}, min(d._fetched_at) AS first_fetched_at
    FROM temp.delta d
    SEMI JOIN repeated r ON {{match "r" "d" .Key}}
    GROUP BY {{list "d." .Key}}
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
    coalesce(t.first_seen_at, k.first_fetched_at, d._fetched_at) AS first_seen_at,
    d._fetched_at AS last_seen_at,
{{- end}}
    d._run_id, d._fetched_at, d._extra, d._run_seq, d._page, d._hash,
    {{- if eq .Fold "messages"}}
    t.sent_at AS prior_sent_at,
    t.{{index .Key 0}} IS NULL OR t.sent_at IS DISTINCT FROM d.sent_at OR t.direction IS DISTINCT FROM d.direction OR t.message_type IS DISTINCT FROM d.message_type
        OR t.sent_by_user_id IS DISTINCT FROM d.sent_by_user_id AS is_retold,
    t.price_cents IS DISTINCT FROM d.price_cents OR t.purchased_at IS DISTINCT FROM d.purchased_at AS is_repriced,
    {{- end}}
    t.{{index .Key 0}} IS NOT NULL AS is_known
FROM temp.delta d
LEFT JOIN newest n ON {{match "n" "d" .Key}}
{{- if or .Keep .People}}
LEFT JOIN kept k ON {{match "k" "d" .Key}}
{{- end}}
LEFT JOIN {{.Target}} t ON {{match "t" "d" .Match}}
WHERE coalesce(n.row_at = d.rowid, true)
    AND (t.{{index .Key 0}} IS NULL OR n.changes > 1 OR d._hash <> t._hash)
