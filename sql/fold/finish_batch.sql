-- Notes the slices of the batch as applied.
INSERT INTO meta.slices BY NAME
SELECT * EXCLUDE (path, file_no, slice_no, is_only, round, surface_rank, judges) FROM temp.batch b
WHERE NOT EXISTS (FROM meta.slices s WHERE s.part_id = b.part_id AND s.slice_id = b.slice_id);
{{- if not .People}}
{{- range .Changed}}
INSERT INTO load.unchecked VALUES ('{{.Table}}', {{.Seq}});
{{- end}}
INSERT INTO load.stale_coverage SELECT DISTINCT stream, creator_id, fan_id FROM temp.batch
{{- end}}
