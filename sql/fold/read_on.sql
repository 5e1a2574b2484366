-- On which surface runs have read the table. A walk goes on on no other, so all runs between its first and its last page read on one.
CREATE OR REPLACE TEMP TABLE read_on AS
SELECT DISTINCT first_seq, last_seq, CASE surface WHEN 'bare' THEN 1 WHEN 'v0' THEN 2 ELSE 3 END AS surface_rank
FROM meta.slices
WHERE table_name = '{{.Name}}'
UNION
SELECT DISTINCT first_seq, last_seq, surface_rank FROM temp.batch
