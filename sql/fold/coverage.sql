-- Computes the coverage of what was read anew: complete slices, merged where they touch.
DELETE FROM meta.coverage c USING (SELECT DISTINCT stream, creator_id, fan_id FROM load.stale_coverage) k
WHERE c.stream = k.stream AND c.creator_id IS NOT DISTINCT FROM k.creator_id AND c.fan_id IS NOT DISTINCT FROM k.fan_id;
INSERT INTO meta.coverage (stream, creator_id, fan_id, window_start, window_end, row_count, run_id)
WITH complete AS (
    SELECT s.stream, s.creator_id, s.fan_id, s.slice_id, min(s.window_start) AS window_start, min(s.window_end) AS window_end,
        min(s.walk_start_at) AS walk_start_at, max(s.row_count) AS row_count, max(s.run_id) AS run_id,
        max(s.last_seq) AS last_seq, max(s.last_page) AS last_page
    FROM meta.slices s
    JOIN (SELECT DISTINCT stream, creator_id, fan_id FROM load.stale_coverage) k
        ON s.stream = k.stream AND s.creator_id IS NOT DISTINCT FROM k.creator_id AND s.fan_id IS NOT DISTINCT FROM k.fan_id
    GROUP BY s.stream, s.creator_id, s.fan_id, s.slice_id
    HAVING bool_and(s.is_complete)
),
edges AS (
    SELECT *, coalesce(window_start > max(window_end) OVER (
        PARTITION BY stream, creator_id, fan_id ORDER BY window_start, window_end, slice_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS is_edge
    FROM complete
    WHERE window_end > window_start
),
islands AS (
    SELECT *, count(*) FILTER (is_edge) OVER (
        PARTITION BY stream, creator_id, fan_id ORDER BY window_start, window_end, slice_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
    FROM edges
)
SELECT stream, creator_id, fan_id, min(window_start), max(window_end), CAST(sum(row_count) AS BIGINT), arg_max(run_id, (last_seq, last_page))
FROM islands
GROUP BY stream, creator_id, fan_id, island
UNION ALL
SELECT stream, creator_id, fan_id, NULL, arg_max(walk_start_at, (last_seq, last_page)), arg_max(row_count, (last_seq, last_page)), arg_max(run_id, (last_seq, last_page))
FROM complete
WHERE window_start IS NULL
GROUP BY stream, creator_id, fan_id;
DELETE FROM load.stale_coverage
