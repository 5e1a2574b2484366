-- Offsets of the reporting time zones from UTC, so that local dates cost an addition and no calendar.
-- grain: one row per reporting time zone and UTC day between the first and the last earning or change of a subscription
-- key: reporting_timezone, utc_date
-- sources: fanvue.earnings, fanvue.subscribers_history, mart.dim_creators
-- build: whole
-- columns:
--   reporting_timezone: IANA time zone of at least one creator.
--   utc_date: UTC day.
--   utc_offset: What to add to an instant of the day for local time; NULL on a day on which the offset changes.
WITH span AS (
    SELECT CAST(min(first_at) AS DATE) AS first_date, CAST(max(last_at) AS DATE) AS last_date
    FROM (
        SELECT min(earned_at) AS first_at, max(earned_at) AS last_at FROM fanvue.earnings
        UNION ALL
        SELECT min(valid_from), greatest(max(valid_from), max(valid_to)) FROM fanvue.subscribers_history
    )
),
zones AS (
    SELECT DISTINCT reporting_timezone FROM mart.dim_creators
),
days AS (
    SELECT unnest(generate_series(CAST(first_date AS TIMESTAMP), CAST(last_date AS TIMESTAMP), INTERVAL 1 DAY)) AS starts_at FROM span
),
offsets AS (
    SELECT
        z.reporting_timezone,
        CAST(d.starts_at AS DATE) AS utc_date,
        [((d.starts_at + to_hours(h)) AT TIME ZONE 'UTC') AT TIME ZONE z.reporting_timezone - (d.starts_at + to_hours(h)) FOR h IN [0, 6, 12, 18, 24]] AS observed
    FROM zones z
    CROSS JOIN days d
)
SELECT reporting_timezone, utc_date, CASE WHEN len(list_distinct(observed)) = 1 THEN observed[1] END AS utc_offset
FROM offsets
ORDER BY reporting_timezone, utc_date
