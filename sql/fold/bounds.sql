-- First instants of the chunks of a batch, so that each chunk lies together in the table.
CREATE OR REPLACE TEMP TABLE bounds AS
SELECT chunk, min(begun_at) AS from_at
FROM (
    SELECT CAST(p.{{.Time}} AS {{.TimeType}}) AS begun_at, ntile(getvariable('chunks')) OVER (ORDER BY p.{{.Time}}) - 1 AS chunk
    FROM read_parquet(getvariable('paths'), filename = true) p
    JOIN temp.batch s ON s.path = p.filename{{if not .People}} AND s.slice_index = p._slice{{end}}
)
GROUP BY chunk
