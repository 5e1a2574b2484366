-- What "today" is: the server's time of the newest finished run that is published, never the clock of this machine.
-- grain: one row per creator
-- key: creator_id
-- sources: mart.dim_creators, meta.runs
-- build: view
-- example: SELECT handle, last_complete_date FROM mart.dim_today JOIN mart.dim_creators USING (creator_id)
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   as_of_at: Server's time (UTC) of the newest finished run that is published: how far the data reach. NULL before the first one.
--   today: Day of as_of_at in the creator's reporting time zone; not over.
--   last_complete_date: Day before today.
--   this_month: First day of the month of today; not over.
WITH newest AS (
    SELECT max(server_time) FILTER (finished_at IS NOT NULL) AS as_of_at FROM meta.runs
),
local AS (
    SELECT c.creator_id, n.as_of_at, CAST((n.as_of_at AT TIME ZONE 'UTC') AT TIME ZONE c.reporting_timezone AS DATE) AS today
    FROM mart.dim_creators c
    CROSS JOIN newest n
)
SELECT creator_id, as_of_at, today, CAST(today - INTERVAL 1 DAY AS DATE) AS last_complete_date, CAST(date_trunc('month', today) AS DATE) AS this_month
FROM local
