-- Days of which it is known who was on a list of subscribers or followers. Before the first complete read there is no state: that is not the same as nobody.
-- grain: one row per creator and list that was read completely at least once
-- key: creator_id, list_name
-- sources: meta.slices, meta.runs, mart.dim_creators
-- build: view
-- example: SELECT first_date, last_date FROM mart.dim_list_spans WHERE list_name = 'subscribers'
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   list_name: subscribers or followers.
--   reporting_timezone: IANA time zone of the dates.
--   first_read_at: Start (UTC) of the first complete read.
--   last_read_at: Start (UTC) of the newest complete read.
--   reads_count: Complete reads.
--   first_date: First day whose end is known: that of the first read, in the creator's reporting time zone.
--   last_date: Last day that is known: that of the newest run, but at most seven days behind the newest read, as lists are read at least that often,
--       and not behind the day on which the creator left. The newest run's own day was not over: see today_date.
--   today_date: Day of the newest run's server time in the creator's reporting time zone; it is not over.
WITH account AS (
    SELECT max(server_time) AS now_at FROM meta.runs
),
lists AS (
    SELECT creator_id, stream AS list_name, min(walk_start_at) AS first_read_at, max(walk_start_at) AS last_read_at, count(*) AS reads_count
    FROM meta.slices
    WHERE stream IN ('subscribers', 'followers') AND table_name = stream AND is_complete
    GROUP BY creator_id, stream
),
zoned AS (
    SELECT l.*, coalesce(c.reporting_timezone, 'UTC') AS reporting_timezone, c.removed_at, greatest(a.now_at, l.last_read_at) AS now_at
    FROM lists l
    CROSS JOIN account a
    LEFT JOIN mart.dim_creators c ON c.creator_id = l.creator_id
),
known AS (
    SELECT
        *,
        CAST((first_read_at AT TIME ZONE 'UTC') AT TIME ZONE reporting_timezone AS DATE) AS first_date,
        CAST((last_read_at AT TIME ZONE 'UTC') AT TIME ZONE reporting_timezone AS DATE) AS read_date,
        CAST((now_at AT TIME ZONE 'UTC') AT TIME ZONE reporting_timezone AS DATE) AS today_date,
        CAST((removed_at AT TIME ZONE 'UTC') AT TIME ZONE reporting_timezone AS DATE) AS removed_date
    FROM zoned
)
SELECT creator_id, list_name, reporting_timezone, first_read_at, last_read_at, reads_count, first_date,
    greatest(first_date, least(today_date, read_date + 7, removed_date)) AS last_date,
    today_date
FROM known
