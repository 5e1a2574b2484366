-- What changed in months that were over and read.
-- answers: Which rows came or went after their month had ended and had been read whole, and so move a figure that was already told?
-- empty: No month that is over changed.
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 12. First month, in UTC.
-- columns:
--   creator: Label of the creator, else the handle.
--   earned_month_utc: First day of the UTC month.
--   change_type: late row (it came after a complete read of its time) or disappeared (the platform has it no longer).
--   earned_at: Instant (UTC) of the row.
--   changed_at: Server time (UTC) of the answer that showed the change.
--   source: Source of the row.
--   gross_delta_cents: What it adds to the month's gross, US cents.
--   net_delta_cents: What it adds to the month's net, US cents.
--   earning_id: Row.
WITH closed AS (
    -- The first complete read of each stretch of time after which its month was over.
    SELECT s.creator_id, s.window_start, s.window_end, min(s.walk_end_at) AS read_at
    FROM meta.slices s
    WHERE s.stream = 'earnings' AND s.is_complete AND s.window_end >= $from
        AND ($creator IS NULL OR s.creator_id = CAST($creator AS UUID))
    GROUP BY s.creator_id, s.window_start, s.window_end
),
-- Of each month the first such read of a part of it: what had been seen by then is no late row.
told AS (
    SELECT creator_id, month, min(read_at) AS read_at
    FROM (
        SELECT creator_id, read_at, unnest(generate_series(date_trunc('month', greatest(window_start, CAST($from AS TIMESTAMP))), window_end, INTERVAL 1 MONTH)) AS month
        FROM closed
    )
    WHERE read_at >= month + INTERVAL 1 MONTH
    GROUP BY creator_id, month
),
-- Rows whose present content was first read later than that, and rows that went: of the others the first sight need not be looked for.
suspects AS (
    SELECT e.creator_id, e.earning_id, CASE WHEN e.removed_at IS NULL THEN t.read_at END AS read_at
    FROM fanvue.earnings e
    LEFT JOIN told t ON t.creator_id = e.creator_id AND t.month = date_trunc('month', e.earned_at)
    WHERE e.earned_at >= $from
        AND (e.removed_at IS NOT NULL OR t.read_at IS NOT NULL AND coalesce(e._fetched_at > t.read_at, true))
),
first_seen AS (
    SELECT c.creator_id, c.earning_id, min(c.seen_at) AS seen_at
    FROM fanvue.earning_status_changes c
    JOIN suspects s ON s.creator_id = c.creator_id AND s.earning_id = c.earning_id
    WHERE c.seen_at >= $from AND ($creator IS NULL OR c.creator_id = CAST($creator AS UUID))
    GROUP BY c.creator_id, c.earning_id
    HAVING coalesce(min(c.seen_at) > any_value(s.read_at), true)
),
candidates AS (
    SELECT e.*, f.seen_at AS first_seen_at, CAST(date_trunc('month', e.earned_at) AS DATE) AS month
    FROM fanvue.earnings e
    JOIN first_seen f ON f.creator_id = e.creator_id AND f.earning_id = e.earning_id
    WHERE e.earned_at >= $from
        AND (f.seen_at >= date_trunc('month', e.earned_at) + INTERVAL 1 MONTH OR e.removed_at IS NOT NULL)
),
changes AS (
    SELECT creator_id, month, 'late row' AS change_type, earned_at, first_seen_at AS changed_at, source,
        gross_cents AS gross_delta_cents, net_cents AS net_delta_cents, earning_id
    FROM candidates e
    WHERE EXISTS (
        SELECT 1 FROM closed c
        WHERE c.creator_id = e.creator_id AND c.window_start <= e.earned_at AND c.window_end > e.earned_at
            AND c.read_at < e.first_seen_at AND c.read_at >= e.month + INTERVAL 1 MONTH)
    UNION ALL
    SELECT creator_id, month, 'disappeared', earned_at, removed_at, source, -gross_cents, -net_cents, earning_id
    FROM candidates
    WHERE removed_at >= month + INTERVAL 1 MONTH AND first_seen_at < removed_at
)
SELECT
    coalesce(d.label, CAST(c.creator_id AS VARCHAR)) AS creator,
    c.month AS earned_month_utc,
    c.change_type,
    c.earned_at,
    c.changed_at,
    c.source,
    c.gross_delta_cents,
    c.net_delta_cents,
    c.earning_id
FROM changes c
LEFT JOIN mart.dim_creators d ON d.creator_id = c.creator_id
ORDER BY creator, c.changed_at, c.earning_id, c.change_type
