-- Every creator and month that has earnings now, into temp.touched.
INSERT INTO temp.touched
WITH spans AS (
    SELECT e.creator_id, c.reporting_timezone, min(e.earned_at) AS first_at, max(e.earned_at) AS last_at
    FROM fanvue.earnings e
    LEFT JOIN mart.dim_creators c ON c.creator_id = e.creator_id
    GROUP BY e.creator_id, c.reporting_timezone
)
SELECT
    creator_id,
    CAST(unnest(generate_series(
        date_trunc('month', (first_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(reporting_timezone, 'UTC')),
        date_trunc('month', (last_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(reporting_timezone, 'UTC')),
        INTERVAL 1 MONTH)) AS DATE)
FROM spans
