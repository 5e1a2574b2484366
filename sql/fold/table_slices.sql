-- Applied slices of the scopes that are folded again, with the paths of their parts; a part that is partly applied has none.
SELECT s.slice_id, s.part_id, s.slice_index, s.stream, CAST(s.creator_id AS VARCHAR) AS creator_id, s.fan_id, s.parent,
    epoch_us(s.window_start), epoch_us(s.window_end), epoch_us(s.walk_start_at), epoch_us(s.walk_end_at),
    s.is_complete, s.row_count, s.rejected_count, s.head_count, s.first_seq, s.first_page, s.last_seq, s.last_page, s.run_id, s.surface, coalesce(p.path, '') AS path
FROM meta.slices s
LEFT JOIN meta.parts p USING (part_id)
{{.SliceScope}}
WHERE s.table_name = ?
