-- The creators and months of two lists of equal length, into temp.touched.
INSERT INTO temp.touched
SELECT DISTINCT CAST(creator_id AS UUID), CAST(month AS DATE)
FROM (SELECT unnest(CAST(? AS VARCHAR[])) AS creator_id, unnest(CAST(? AS VARCHAR[])) AS month)
