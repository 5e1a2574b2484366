-- Parts with applied slices that are not applied whole.
SELECT DISTINCT part_id FROM meta.slices WHERE part_id NOT IN (SELECT part_id FROM meta.parts)
