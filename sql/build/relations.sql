-- Names of the tables and views of a schema. Macros are left out: to list them takes longer than all else.
SELECT table_name
FROM duckdb_tables()
WHERE database_name = current_database() AND schema_name = $1
UNION ALL
SELECT view_name
FROM duckdb_views()
WHERE database_name = current_database() AND schema_name = $1
