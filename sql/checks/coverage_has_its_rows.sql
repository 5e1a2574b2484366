-- No part is applied with fewer rows than its slices say, and no creator's earnings are covered by slices whose rows are nowhere.
-- severity: blocking
-- columns:
--   creator_id: Creator, NULL where a part as a whole is meant.
--   part_id: Part whose slices do not add up to its rows.
--   slice_rows: Rows that the slices say.
--   found_rows: Rows that are there.
-- Who has months in the mart has rows; only of the others the rows are looked for.
WITH absent AS (
    SELECT s.creator_id, CAST(sum(s.row_count) AS BIGINT) AS slice_rows
    FROM meta.slices s
    WHERE s.table_name = 'earnings' AND s.row_count > 0
        AND s.creator_id NOT IN (SELECT creator_id FROM mart.agg_creator_month WHERE creator_id IS NOT NULL)
    GROUP BY s.creator_id
),
present AS (
    SELECT DISTINCT e.creator_id FROM fanvue.earnings e SEMI JOIN absent a ON a.creator_id = e.creator_id
)
SELECT CAST(NULL AS UUID) AS creator_id, p.part_id, CAST(coalesce(sum(s.row_count), 0) AS BIGINT) AS slice_rows, any_value(p.row_count) AS found_rows
FROM meta.parts p
LEFT JOIN meta.slices s ON s.part_id = p.part_id
GROUP BY p.part_id
HAVING coalesce(sum(s.row_count), 0) <> any_value(p.row_count)
UNION ALL
SELECT a.creator_id, NULL, a.slice_rows, 0
FROM absent a
ANTI JOIN present p ON p.creator_id = a.creator_id
