-- Comments of tables, views and columns of a schema, the first two with an empty column.
SELECT table_name, '' AS column_name, coalesce(comment, '') AS comment
FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = ?
UNION ALL
SELECT view_name, '', coalesce(comment, '')
FROM duckdb_views() WHERE database_name = current_database() AND schema_name = ?
UNION ALL
SELECT table_name, column_name, coalesce(comment, '')
FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = ?
ORDER BY ALL
