-- Parts that are applied, with the size by which they are chosen; is_copied where another part has a slice of theirs too.
WITH copied AS (
    SELECT table_name, slice_id FROM meta.slices GROUP BY table_name, slice_id HAVING count(DISTINCT part_id) > 1
)
SELECT p.part_id, p.row_count, count(s.slice_id) AS slices, count(c.slice_id) > 0 AS is_copied
FROM meta.parts p
LEFT JOIN meta.slices s ON s.part_id = p.part_id
LEFT JOIN copied c ON c.table_name = s.table_name AND c.slice_id = s.slice_id
GROUP BY p.part_id, p.row_count
