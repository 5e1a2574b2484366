-- Forgets given up parts.
INSERT INTO load.stale_coverage
SELECT DISTINCT stream, creator_id, fan_id FROM meta.slices WHERE list_contains(getvariable('gone'), part_id) AND table_name <> 'people';
DELETE FROM meta.slices WHERE list_contains(getvariable('gone'), part_id);
DELETE FROM meta.parts WHERE list_contains(getvariable('gone'), part_id)
