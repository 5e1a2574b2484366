-- Keys that come more than once in the batch, or in a chunk of it.
CREATE OR REPLACE TEMP TABLE repeated AS
SELECT {{list "p." .Key}}
FROM read_parquet(getvariable('paths'), filename = true, union_by_name = true) p
JOIN temp.batch s ON s.path = p.filename{{if not .People}} AND s.slice_index = p._slice{{end}}
{{.ChunkFilter}}
GROUP BY {{list "p." .Key}}
HAVING count(*) > 1
