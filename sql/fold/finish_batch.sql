-- Notes the slices of the batch as applied.
INSERT INTO meta.slices BY NAME
SELECT * EXCLUDE (path, file_no, slice_no, is_only, round) FROM temp.batch b
WHERE NOT EXISTS (FROM meta.slices s WHERE s.part_id = b.part_id AND s.slice_id = b.slice_id);
{{- if and .Changed (not .People)}}
INSERT INTO load.unchecked SELECT '{{.Name}}', min(first_seq) FROM temp.batch;
{{- end}}
{{- if not .People}}
INSERT INTO load.stale_coverage SELECT DISTINCT stream, creator_id, fan_id FROM temp.batch
{{- end}}
