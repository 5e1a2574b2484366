-- Snapshots whose content is not that of the one before.
CREATE OR REPLACE TEMP TABLE change AS
SELECT {{range .Columns}}e.{{.Name}}, {{end}}e._run_id, e._fetched_at, e._extra, e._run_seq, e._page, e._hash
FROM (SELECT *, lag(_hash) OVER (PARTITION BY creator_id ORDER BY _event) AS prior_hash FROM temp.delta) e
LEFT JOIN (SELECT creator_id, arg_max(_hash, (_run_seq, _page)) AS _hash FROM {{.Target}} GROUP BY creator_id) t ON t.creator_id = e.creator_id
WHERE e._hash IS DISTINCT FROM coalesce(e.prior_hash, t._hash);
INSERT INTO {{.Target}} BY NAME SELECT * FROM temp.change
