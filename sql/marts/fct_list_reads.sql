-- Complete reads of the lists of subscribers and followers: what is known of who is on them, and since when.
-- grain: one row per creator, list and complete walk of it
-- key: creator_id, list_name, read_at
-- sources: meta.slices, mart.dim_creators, mart.dim_utc_offsets
-- build: view
-- example: SELECT creator_id, max(read_at) AS last_read_at FROM mart.fct_list_reads WHERE list_name = 'subscribers' GROUP BY creator_id
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   list_name: subscribers or followers.
--   read_at: Start (UTC) of the walk; the list holds from here on until a later one has it otherwise.
--   read_date: Its day in the creator's reporting time zone.
--   fans_count: Rows that were read.
--   head_count: The account's own count in the same run; NULL where none was read. It counts contactable fans only.
SELECT
    s.creator_id,
    s.stream AS list_name,
    s.walk_start_at AS read_at,
    CAST(CASE
        WHEN z.utc_offset IS NOT NULL THEN s.walk_start_at + z.utc_offset
        ELSE (s.walk_start_at AT TIME ZONE 'UTC') AT TIME ZONE coalesce(c.reporting_timezone, 'UTC')
    END AS DATE) AS read_date,
    s.row_count AS fans_count,
    s.head_count
FROM meta.slices s
LEFT JOIN mart.dim_creators c ON c.creator_id = s.creator_id
LEFT JOIN mart.dim_utc_offsets z ON z.reporting_timezone = c.reporting_timezone AND z.utc_date = CAST(s.walk_start_at AS DATE)
WHERE s.stream IN ('subscribers', 'followers') AND s.table_name = s.stream AND s.is_complete
