-- Tables with rows that neither marts nor checks have seen, and the run sequence since which.
SELECT table_name, min(run_seq) AS unchecked_since FROM load.unchecked GROUP BY table_name
