-- Notes scopes that are being folded, so that a crash does not leave them half done.
INSERT INTO load.unfinished
SELECT CAST(? AS VARCHAR), CAST(j.creator_id AS UUID), j.fan_id
FROM (SELECT unnest(from_json(CAST(? AS JSON), '[{"creator_id":"VARCHAR","fan_id":"VARCHAR"}]')) AS j)
