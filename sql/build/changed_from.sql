-- First local day of any time zone that what was applied to the histories of tables may have changed; NULL if nothing was. Parameters: whether all days count as changed, the tables.
-- A walk changes intervals from its start on. The largest run sequence stands for scopes that were folded again.
SET VARIABLE changed_from = (
    WITH unseen AS (
        SELECT table_name, min(run_seq) AS since_seq, max(run_seq) AS last_seq FROM load.unchecked GROUP BY table_name
    ),
    histories AS (
        SELECT unnest(CAST($2 AS VARCHAR[])) AS table_name
    )
    SELECT CASE
        WHEN $1 OR coalesce(bool_or(u.last_seq = 9223372036854775807), false) THEN DATE '0001-01-01'
        WHEN count(u.since_seq) > 0 THEN coalesce(min((
            SELECT CAST(min(s.walk_start_at) AS DATE) - 1 FROM meta.slices s WHERE s.table_name = u.table_name AND s.first_seq >= u.since_seq)), DATE '0001-01-01')
    END
    FROM histories h
    LEFT JOIN unseen u ON u.table_name = h.table_name
)
