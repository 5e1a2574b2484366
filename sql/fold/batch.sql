-- Slices that are applied together, from JSON; round is a slice's place among those of its scope, in the order of last pages.
-- is_only: no other slice of the scope was ever applied, so no row can be missing from it.
-- judges: the rows of earnings that a complete window has all of; on the older surface earnings have only the sales and reversals stand apart.
CREATE OR REPLACE TEMP TABLE batch AS
SELECT
    j.path,
    j.file_no,
    j.slice_no,
    j.is_only,
    j.slice_id,
    j.part_id,
    j.slice_index,
    j.table_name,
    j.stream,
    CAST(j.creator_id AS UUID) AS creator_id,
    j.fan_id,
    j.parent,
    make_timestamp(j.window_start) AS window_start,
    make_timestamp(j.window_end) AS window_end,
    make_timestamp(j.walk_start_at) AS walk_start_at,
    make_timestamp(j.walk_end_at) AS walk_end_at,
    j.is_complete,
    j.row_count,
    j.rejected_count,
    j.head_count,
    j.first_seq,
    j.first_page,
    j.last_seq,
    j.last_page,
    j.run_id,
    j.round,
    j.surface,
    CASE j.surface WHEN 'bare' THEN 1 WHEN 'v0' THEN 2 ELSE 3 END AS surface_rank,
    CASE
        WHEN j.table_name <> 'earnings' THEN NULL
        WHEN j.surface NOT IN ('v0', 'bare') THEN CASE j.stream WHEN 'earnings' THEN 'all' END
        WHEN j.stream = 'earnings' THEN 'sales'
        WHEN j.stream = 'reversals' THEN 'reversals'
    END AS judges
FROM (
    SELECT unnest(from_json(CAST(? AS JSON), '[{"path":"VARCHAR","file_no":"BIGINT","slice_no":"BIGINT","is_only":"BOOLEAN","slice_id":"VARCHAR","part_id":"VARCHAR","slice_index":"BIGINT","table_name":"VARCHAR","stream":"VARCHAR","creator_id":"VARCHAR","fan_id":"VARCHAR","parent":"VARCHAR","window_start":"BIGINT","window_end":"BIGINT","walk_start_at":"BIGINT","walk_end_at":"BIGINT","is_complete":"BOOLEAN","row_count":"BIGINT","rejected_count":"BIGINT","head_count":"BIGINT","first_seq":"BIGINT","first_page":"BIGINT","last_seq":"BIGINT","last_page":"BIGINT","run_id":"VARCHAR","round":"BIGINT","surface":"VARCHAR"}]')) AS j
)
