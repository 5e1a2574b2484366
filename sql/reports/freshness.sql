-- Freshness of each creator's data.
-- answers: Which creators are complete, to when, and what does not stand right?
-- columns:
--   creator: Label of the creator, else the handle.
--   complete_to_at: Instant (UTC) up to which earnings were read without a gap, NULL if none were.
--   hours_behind: Hours from there to the newest published run, by the server's time; what runs since then confirmed, fanlake status says.
--   missing_windows: Windows of earnings before complete_to_at that are missing.
--   last_earned_at: Instant (UTC) of the newest earning.
--   subscribers_read_at: Instant (UTC) of the newest complete list of subscribers.
--   failed_checks: Names of the checks with findings, NULL if none.
--   removed_at: Instant (UTC) since which the creator is missing from the lists.
WITH today AS (
    SELECT max(server_time) AS at FROM meta.runs WHERE finished_at IS NOT NULL
),
covered AS (
    SELECT creator_id,
        max(window_end) FILTER (stream = 'earnings') AS complete_to_at,
        count(*) FILTER (stream = 'earnings') - 1 AS missing_windows,
        max(window_end) FILTER (stream = 'subscribers') AS subscribers_read_at
    FROM meta.coverage
    WHERE stream IN ('earnings', 'subscribers')
    GROUP BY creator_id
),
earned AS (
    SELECT creator_id, max(last_earned_at) AS last_earned_at FROM mart.agg_creator_month GROUP BY creator_id
),
failed AS (
    SELECT creator_id, string_agg(check_name, ', ' ORDER BY check_name) AS failed_checks
    FROM meta.checks
    WHERE failures > 0
    GROUP BY creator_id
)
SELECT
    coalesce(d.label, CAST(d.creator_id AS VARCHAR)) AS creator,
    v.complete_to_at,
    date_diff('minute', v.complete_to_at, t.at) // 60 AS hours_behind,
    greatest(v.missing_windows, 0) AS missing_windows,
    e.last_earned_at,
    v.subscribers_read_at,
    f.failed_checks,
    d.removed_at
FROM mart.dim_creators d
CROSS JOIN today t
LEFT JOIN covered v ON v.creator_id = d.creator_id
LEFT JOIN earned e ON e.creator_id = d.creator_id
LEFT JOIN failed f ON f.creator_id = d.creator_id
ORDER BY v.complete_to_at NULLS FIRST, creator, d.creator_id
