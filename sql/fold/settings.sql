-- The settings of the account and of its creators, from JSON.
INSERT INTO load.unchecked VALUES ('cfg', 9223372036854775807);
DELETE FROM cfg.settings;
DELETE FROM cfg.creators;
INSERT INTO cfg.settings SELECT 'timezone', getvariable('timezone');
INSERT INTO cfg.creators
SELECT j.handle, nullif(j.label, ''), nullif(j.timezone, '')
FROM (SELECT unnest(from_json(CAST(getvariable('creators') AS JSON), '[{"handle":"VARCHAR","label":"VARCHAR","timezone":"VARCHAR"}]')) AS j)
ORDER BY j.handle
