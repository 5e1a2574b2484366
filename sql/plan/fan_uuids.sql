-- The platform's uuid of pseudonyms; the one place where pseudonyms are resolved.
SELECT p.fan_id, CAST(p.fan_uuid AS VARCHAR) AS fan_uuid
FROM people p
JOIN (SELECT unnest(from_json(CAST(? AS JSON), '["VARCHAR"]')) AS fan_id) wanted USING (fan_id);
