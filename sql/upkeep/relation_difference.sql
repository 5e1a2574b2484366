-- How many rows one table has and the other has not, both ways.
SELECT (SELECT count(*) FROM (SELECT COLUMNS(c -> c <> 'applied_at') FROM {{.A}} EXCEPT ALL SELECT COLUMNS(c -> c <> 'applied_at') FROM {{.B}})) AS only_a,
    (SELECT count(*) FROM (SELECT COLUMNS(c -> c <> 'applied_at') FROM {{.B}} EXCEPT ALL SELECT COLUMNS(c -> c <> 'applied_at') FROM {{.A}})) AS only_b
