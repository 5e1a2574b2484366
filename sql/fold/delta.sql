-- Rows of the batch, or of a chunk of it, typed as in the warehouse; _event is their order of versions: run, page, place in the file.
{{if .First -}}
-- Nothing of their scopes was applied before, so those whose key comes once are what the table gets.
INSERT INTO {{.Target}} BY NAME
{{- else -}}
CREATE OR REPLACE TEMP TABLE delta AS
{{- end}}
SELECT
{{- range .Columns}}
    CAST({{if index $.Have .Name}}p.{{.Name}}{{else}}NULL{{end}} AS {{duck .}}) AS {{.Name}},
{{- end}}
    CAST(p._run_id AS VARCHAR) AS _run_id,
    CAST(p._fetched_at AS TIMESTAMP) AS _fetched_at,
    CAST(p._extra AS VARCHAR) AS _extra,
    CAST(p._run_seq AS BIGINT) AS _run_seq,
    CAST(p._page AS BIGINT) AS _page,
    CAST(p._hash AS BIGINT) AS _hash
{{- if not .First}},
    s.slice_no,
    (((CAST(p._run_seq AS HUGEINT) << 40) + p._page) << 48) + (s.file_no << 32) + p.file_row_number AS _event
{{- end}}
FROM read_parquet(getvariable('paths'), filename = true, file_row_number = true, union_by_name = true) p
JOIN temp.batch s ON s.path = p.filename{{if not .People}} AND s.slice_index = p._slice{{end}}
{{if .First}}ANTI JOIN temp.repeated r ON {{match "r" "p" .Key}}
{{- else if .Repeated}}SEMI JOIN temp.repeated r ON {{match "r" "p" .Key}}
{{- end}}
{{.ChunkFilter}}
{{- if and .First .Time}}
ORDER BY {{.Time}}
{{- end}}
