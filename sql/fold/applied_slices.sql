-- Those of the named slices that are applied, of any table.
SELECT DISTINCT table_name, slice_id FROM meta.slices WHERE slice_id IN (SELECT unnest(CAST(? AS VARCHAR[])))
