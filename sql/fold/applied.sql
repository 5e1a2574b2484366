-- Applied parts and what they replace.
SELECT part_id, coalesce(array_to_string(replaces, ' '), '') AS replaces FROM meta.parts ORDER BY part_id
