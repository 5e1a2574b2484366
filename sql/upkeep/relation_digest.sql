-- Rows of a table and a digest of 128 bits over every value of them that does not depend on their order; applied_at is when, not what.
SELECT CAST(count(*) AS VARCHAR) || ' rows, ' || coalesce(CAST(sum(CAST(md5_number_lower(line) AS HUGEINT)) AS VARCHAR) || ' ' || CAST(sum(CAST(md5_number_upper(line) AS HUGEINT)) AS VARCHAR), '') AS digest
FROM (SELECT CAST(to_json(t) AS VARCHAR) AS line FROM (SELECT COLUMNS(c -> c <> 'applied_at') FROM {{.}}) t)
