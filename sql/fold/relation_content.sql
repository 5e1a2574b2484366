-- Rows of a table and a hash of them that does not depend on their order.
SELECT CAST(count(*) AS VARCHAR) || ' rows, hash ' || coalesce(CAST(sum(hash(t)) AS VARCHAR), '') AS content FROM {{.}} t
