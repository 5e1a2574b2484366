-- Tables that a private file and its publication have in common when they agree.
SELECT table_schema || '.' || table_name AS relation
FROM information_schema.tables
WHERE table_catalog = current_database() AND table_type = 'BASE TABLE' AND table_schema IN ('fanvue', 'mart', 'cfg', 'main')
ORDER BY relation
