-- Windows that were never read completely.
-- answers: Which stretches of time lack their data, and so must not be read as zero?
-- empty: No window of earnings is missing.
-- parameters:
--   creator: creator, default all. Only this creator.
--   stream: text, default earnings. Stream that is read by windows, such as earnings.
-- columns:
--   creator: Label of the creator, else the handle.
--   missing_from_at: Start (UTC) of the window that is missing.
--   missing_to_at: Its end (UTC), exclusive.
--   missing_days: Its length in days.
WITH covered AS (
    SELECT creator_id, window_start, window_end FROM meta.coverage
    WHERE stream = $stream AND window_start IS NOT NULL AND fan_id IS NULL
),
edges AS (
    SELECT creator_id, window_end AS missing_from_at,
        lead(window_start) OVER (PARTITION BY creator_id ORDER BY window_start) AS missing_to_at
    FROM covered
    UNION ALL
    -- What lies between the registration and the first window.
    SELECT d.creator_id, d.registered_at, min(v.window_start)
    FROM mart.dim_creators d
    LEFT JOIN covered v ON v.creator_id = d.creator_id
    WHERE d.registered_at IS NOT NULL AND (SELECT count(*) FROM covered) > 0
    GROUP BY d.creator_id, d.registered_at
)
SELECT
    coalesce(d.label, CAST(e.creator_id AS VARCHAR)) AS creator,
    e.missing_from_at,
    e.missing_to_at,
    round(date_diff('minute', e.missing_from_at, e.missing_to_at) / 1440, 2) AS missing_days
FROM edges e
LEFT JOIN mart.dim_creators d ON d.creator_id = e.creator_id
WHERE e.missing_to_at > e.missing_from_at AND ($creator IS NULL OR e.creator_id = CAST($creator AS UUID))
ORDER BY creator, e.creator_id, e.missing_from_at
