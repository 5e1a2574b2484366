-- Scopes that are folded again, from JSON.
CREATE OR REPLACE TEMP TABLE refold AS
SELECT CAST(j.creator_id AS UUID) AS creator_id, j.fan_id
FROM (SELECT unnest(from_json(CAST(? AS JSON), '[{"creator_id":"VARCHAR","fan_id":"VARCHAR"}]')) AS j)
