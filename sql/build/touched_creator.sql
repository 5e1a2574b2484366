-- Every month of one creator, into temp.touched.
INSERT INTO temp.touched
SELECT DISTINCT
    e.creator_id,
    CAST(date_trunc('month', (e.earned_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(c.reporting_timezone, 'UTC')) AS DATE)
FROM fanvue.earnings e
LEFT JOIN mart.dim_creators c ON c.creator_id = e.creator_id
WHERE e.creator_id = CAST(? AS UUID)
