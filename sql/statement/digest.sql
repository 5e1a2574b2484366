-- What a digest says of each creator: how far earnings were read without a hole
-- since the month before began, and the money of the last complete day, of the
-- month up to it, and of the same days of the month before; and what of the
-- creator's data does not stand right though earnings may be complete.
WITH days AS (
    SELECT
        creator_id,
        last_complete_date,
        CAST(date_trunc('month', last_complete_date) AS DATE) AS month_start,
        CAST(date_trunc('month', last_complete_date) - INTERVAL 1 MONTH AS DATE) AS before_start
    FROM mart.dim_today
    WHERE last_complete_date IS NOT NULL
),
bounds AS (
    SELECT
        d.*,
        -- The month before may be shorter.
        CAST(least(before_start + (day(last_complete_date) - 1) * INTERVAL 1 DAY, month_start - INTERVAL 1 DAY) AS DATE) AS before_end,
        greatest((CAST(before_start AS TIMESTAMP) AT TIME ZONE c.reporting_timezone) AT TIME ZONE 'UTC', coalesce(c.registered_at, TIMESTAMP '1970-01-01')) AS read_from,
        (CAST(last_complete_date + INTERVAL 1 DAY AS TIMESTAMP) AT TIME ZONE c.reporting_timezone) AT TIME ZONE 'UTC' AS read_to,
        c.registered_at,
        c.reporting_timezone
    FROM days d
    JOIN mart.dim_creators c ON c.creator_id = d.creator_id
    WHERE c.removed_at IS NULL
),
covered AS (
    SELECT b.creator_id, max(v.window_end) AS covered_to
    FROM bounds b
    JOIN meta.coverage v ON v.creator_id = b.creator_id AND v.stream = 'earnings' AND v.window_start <= b.read_from AND v.window_end > b.read_from
    GROUP BY b.creator_id
),
money AS (
    SELECT
        b.creator_id,
        coalesce(sum(a.net_earnings_cents) FILTER (a.earned_date = b.last_complete_date), 0) AS day_net,
        coalesce(sum(a.net_earnings_cents) FILTER (a.earned_date BETWEEN b.month_start AND b.last_complete_date), 0) AS month_net,
        coalesce(sum(a.net_earnings_cents) FILTER (a.earned_date BETWEEN b.before_start AND b.before_end), 0) AS before_net
    FROM bounds b
    LEFT JOIN mart.agg_creator_day a ON a.creator_id = b.creator_id AND a.earned_date BETWEEN b.before_start AND b.last_complete_date
    GROUP BY b.creator_id
),
reversed AS (
    SELECT b.creator_id, count(*) AS row_count, sum(f.gross_cents) AS gross
    FROM bounds b
    JOIN mart.fct_earnings f ON f.creator_id = b.creator_id AND f.earned_date = b.last_complete_date AND f.is_reversal
    GROUP BY b.creator_id
),
found AS (
    SELECT creator_id, count(DISTINCT check_name) AS checks FROM meta.checks WHERE failures > 0 GROUP BY creator_id
),
rejected AS (
    SELECT creator_id, sum(rejected_count) AS row_count
    FROM meta.rejects
    WHERE run_id = (SELECT arg_max(run_id, run_seq) FROM meta.runs)
    GROUP BY creator_id
)
SELECT
    coalesce(u.label, g.label, '') AS label,
    strftime(b.last_complete_date, '%Y-%m-%d') AS last_complete_date,
    coalesce(v.covered_to >= b.read_to, false) AS is_complete,
    coalesce(strftime((v.covered_to AT TIME ZONE 'UTC') AT TIME ZONE b.reporting_timezone, '%Y-%m-%d %H:%M'), '') AS covered_to,
    CAST(m.day_net AS BIGINT) AS day_net_cents,
    CAST(m.month_net AS BIGINT) AS month_net_cents,
    CAST(m.before_net AS BIGINT) AS before_net_cents,
    -- Who was not there for all of the month before has nothing to compare with.
    coalesce(b.registered_at <= (CAST(b.before_start AS TIMESTAMP) AT TIME ZONE b.reporting_timezone) AT TIME ZONE 'UTC', true) AS is_comparable,
    CAST(coalesce(r.row_count, 0) AS BIGINT) AS reversal_count,
    CAST(coalesce(r.gross, 0) AS BIGINT) AS reversed_gross_cents,
    CAST(coalesce(k.checks, 0) AS BIGINT) AS check_count,
    CAST(coalesce(j.row_count, 0) AS BIGINT) AS rejected_count
FROM bounds b
JOIN money m ON m.creator_id = b.creator_id
LEFT JOIN covered v ON v.creator_id = b.creator_id
LEFT JOIN reversed r ON r.creator_id = b.creator_id
LEFT JOIN found k ON k.creator_id = b.creator_id
LEFT JOIN rejected j ON j.creator_id = b.creator_id
LEFT JOIN mart.dim_creators c ON c.creator_id = b.creator_id
LEFT JOIN cfg.creators g ON g.handle = lower(c.handle)
LEFT JOIN cfg.creators u ON u.handle = CAST(b.creator_id AS VARCHAR)
ORDER BY label, b.creator_id
