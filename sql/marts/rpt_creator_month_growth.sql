-- Net earnings against the month and the year before (M4), over every month since the creator's first, those without earnings included.
-- grain: one row per creator and month from the creator's first earnings to this month
-- key: creator_id, earned_month
-- sources: mart.agg_creator_month, mart.dim_today
-- build: view
-- example: SELECT earned_month, net_cents, mom FROM mart.rpt_creator_month_growth WHERE NOT is_partial ORDER BY earned_month
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   earned_month: First day of the month in the creator's reporting time zone.
--   net_cents: Net earnings, US cents; 0 in a month without rows, which is only as sure as the month is covered.
--   prev_month_cents: Net earnings of the calendar month before, US cents; NULL before the first.
--   mom: (net_cents - prev_month_cents) / |prev_month_cents|; NULL where that is 0 or absent, and in a month that is not over.
--   prev_year_cents: Net earnings of the same month of the year before, US cents.
--   yoy: As mom, against prev_year_cents.
--   is_partial: Whether the month is not over: its net is of some days only.
--   as_of_date: Day in the creator's time zone up to which the data reach.
WITH spans AS (
    SELECT creator_id, min(earned_month) AS first_month, max(max(earned_month)) OVER () AS last_month
    FROM mart.agg_creator_month
    GROUP BY creator_id
),
spine AS (
    SELECT s.creator_id, t.today, t.this_month,
        CAST(unnest(generate_series(CAST(s.first_month AS TIMESTAMP), CAST(greatest(s.last_month, t.this_month) AS TIMESTAMP), INTERVAL 1 MONTH)) AS DATE) AS earned_month
    FROM spans s
    LEFT JOIN mart.dim_today t ON t.creator_id = s.creator_id
),
months AS (
    SELECT s.creator_id, s.earned_month, s.today, coalesce(s.earned_month >= s.this_month, false) AS is_partial, coalesce(a.net_earnings_cents, 0) AS net_cents
    FROM spine s
    LEFT JOIN mart.agg_creator_month a ON a.creator_id = s.creator_id AND a.earned_month = s.earned_month
),
compared AS (
    SELECT *, lag(net_cents, 1) OVER w AS prev_month_cents, lag(net_cents, 12) OVER w AS prev_year_cents
    FROM months
    WINDOW w AS (PARTITION BY creator_id ORDER BY earned_month)
)
SELECT
    creator_id,
    earned_month,
    net_cents,
    prev_month_cents,
    CASE WHEN NOT is_partial THEN round((net_cents - prev_month_cents) / nullif(abs(prev_month_cents), 0), 4) END AS mom,
    prev_year_cents,
    CASE WHEN NOT is_partial THEN round((net_cents - prev_year_cents) / nullif(abs(prev_year_cents), 0), 4) END AS yoy,
    is_partial,
    today AS as_of_date
FROM compared
