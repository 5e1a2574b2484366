-- Names of the tables, views and macros of a schema.
SELECT table_name
FROM information_schema.tables
WHERE table_catalog = current_database() AND table_schema = $1
UNION ALL
SELECT function_name
FROM duckdb_functions()
WHERE database_name = current_database() AND schema_name = $1 AND function_type = 'table_macro'
