-- Every table, view, macro and column with what it means, from the comments that they carry.
CREATE VIEW meta.data_dictionary AS
WITH relations AS (
    SELECT database_name, schema_name, table_name, 'table' AS relation_type, comment FROM duckdb_tables() WHERE NOT internal
    UNION ALL
    SELECT database_name, schema_name, view_name, 'view', comment FROM duckdb_views() WHERE NOT internal
    UNION ALL
    SELECT database_name, schema_name, function_name, 'macro', comment FROM duckdb_functions() WHERE NOT internal AND function_type = 'table_macro'
)
SELECT database_name, schema_name, table_name, relation_type, CAST(NULL AS VARCHAR) AS column_name, 0 AS column_index, CAST(NULL AS VARCHAR) AS data_type, comment AS meaning
FROM relations
WHERE schema_name IN ('fanvue', 'mart', 'cfg', 'meta')
UNION ALL
SELECT c.database_name, c.schema_name, c.table_name, r.relation_type, c.column_name, c.column_index, c.data_type, c.comment
FROM duckdb_columns() c
JOIN relations r USING (database_name, schema_name, table_name)
WHERE c.schema_name IN ('fanvue', 'mart', 'cfg', 'meta');
