-- Checks with findings.
-- answers: What does the warehouse itself say is wrong with the data, and for whom?
-- empty: Every check of the newest published run passed.
-- columns:
--   creator: Label of the creator, else the handle; NULL where the finding belongs to none.
--   check_name: Check, the name of its file in sql/checks.
--   severity: data (published and reported) or blocking.
--   failures: Rows that should not be.
--   sample: One of them, as JSON; it holds keys and amounts, no names.
--   checked_at: Server time (UTC) of the newest run that was checked.
SELECT
    coalesce(d.label, CAST(c.creator_id AS VARCHAR)) AS creator,
    c.check_name,
    c.severity,
    c.failures,
    c.sample,
    c.checked_at
FROM meta.checks c
LEFT JOIN mart.dim_creators d ON d.creator_id = c.creator_id
WHERE c.failures > 0
ORDER BY c.severity, creator NULLS FIRST, c.creator_id, c.check_name
