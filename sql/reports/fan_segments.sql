-- Fans by recency, frequency and money.
-- answers: How many fans are champions, new, at risk or lost, and how much did they bring?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   as_of: date, default yesterday. Last day that counts, in the creator's time zone.
-- columns:
--   creator: Label of the creator, else the handle.
--   segment: champion, whale_at_risk, at_risk, new, lost or regular; see mart.rfm.
--   fans: Fans in it.
--   net_cents: Net of all that they paid up to as_of, US cents.
--   net_share: Share of the net of all fans of the creator; NULL where that is not positive.
--   median_recency_days: Median of the days from their last sale to as_of.
WITH segments AS (
    SELECT creator_id, segment, count(*) AS fans, CAST(sum(monetary_cents) AS BIGINT) AS net_cents, median(recency_days) AS median_recency_days
    FROM mart.rfm(CAST($as_of AS DATE))
    WHERE $creator IS NULL OR creator_id = CAST($creator AS UUID)
    GROUP BY creator_id, segment
)
SELECT
    coalesce(d.label, CAST(s.creator_id AS VARCHAR)) AS creator,
    s.segment,
    s.fans,
    s.net_cents,
    round(s.net_cents / nullif(greatest(sum(s.net_cents) OVER (PARTITION BY s.creator_id), 0), 0), 4) AS net_share,
    s.median_recency_days
FROM segments s
LEFT JOIN mart.dim_creators d ON d.creator_id = s.creator_id
ORDER BY creator, s.creator_id, s.net_cents DESC, s.segment
