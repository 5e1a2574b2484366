-- Tables whose content follows from the lake, the run records and the settings.
SELECT table_schema || '.' || table_name AS relation
FROM information_schema.tables
WHERE table_catalog = ? AND table_type = 'BASE TABLE' AND table_schema IN ('fanvue', 'mart', 'cfg', 'meta', 'main')
ORDER BY relation
