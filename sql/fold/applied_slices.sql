-- Those of the named slices of a table that are applied, with their parts.
SELECT slice_id, part_id FROM meta.slices WHERE table_name = ? AND list_contains(CAST(? AS VARCHAR[]), slice_id)
