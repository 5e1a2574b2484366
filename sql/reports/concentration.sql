-- How much depends on few fans.
-- answers: What share of a creator's net comes from the fans who paid most, over all time?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
-- columns:
--   creator: Label of the creator, else the handle.
--   paying_fans: Fans whose net is positive; only these are ranked.
--   net_cents: Their net, US cents.
--   top_1_fan_share: Share of the first fan.
--   top_10_fans_share: Share of the first ten.
--   top_1pct_share: Share of the first 1 percent of the fans, rounded up.
--   top_5pct_share: Share of the first 5 percent.
--   top_20pct_share: Share of the first 20 percent.
--   hhi: Sum of the squared shares, up to 1; dependence in one number.
--   net_without_fan_cents: Net of rows that name no fan, US cents; in no share.
SELECT
    coalesce(d.label, CAST(w.creator_id AS VARCHAR)) AS creator,
    w.paying_fans,
    w.net_cents,
    w.top_1_fan_share,
    w.top_10_fans_share,
    w.top_1pct_share,
    w.top_5pct_share,
    w.top_20pct_share,
    w.hhi,
    w.net_without_fan_cents
FROM mart.rpt_whale_concentration w
LEFT JOIN mart.dim_creators d ON d.creator_id = w.creator_id
WHERE $creator IS NULL OR w.creator_id = CAST($creator AS UUID)
ORDER BY w.hhi DESC, creator, w.creator_id
