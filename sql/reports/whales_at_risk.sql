-- Fans who paid much and have stopped.
-- answers: Which of the fans who pay most have not paid for long?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   as_of: date, default yesterday. Last day that counts, in the creator's time zone.
--   segment: one of whale_at_risk|at_risk|lost|new|champion|regular, default whale_at_risk. Segment of mart.rfm to list.
--   limit: integer from 1, default 100. Fans, those who paid most first.
-- columns:
--   creator: Label of the creator, else the handle.
--   fan_id: Fan, as pseudonym.
--   last_paid_date: Day of the last sale in the creator's time zone.
--   recency_days: Days from there to as_of.
--   frequency: Sales up to as_of.
--   net_cents: Net of all that the fan paid up to as_of, US cents.
SELECT
    coalesce(d.label, CAST(f.creator_id AS VARCHAR)) AS creator,
    f.fan_id,
    f.last_paid_date,
    f.recency_days,
    f.frequency,
    f.monetary_cents AS net_cents
FROM mart.rfm(CAST($as_of AS DATE)) f
LEFT JOIN mart.dim_creators d ON d.creator_id = f.creator_id
WHERE f.segment = $segment AND ($creator IS NULL OR f.creator_id = CAST($creator AS UUID))
ORDER BY f.monetary_cents DESC, creator, f.creator_id, f.fan_id
LIMIT $limit
