-- Tables with scopes that are half done.
SELECT DISTINCT table_name FROM load.unfinished
