-- How much of a creator's net comes from the fans who pay most (M12), over all time.
-- grain: one row per creator with at least one fan whose net is positive
-- key: creator_id
-- sources: mart.agg_fan_lifetime, mart.agg_fan_month
-- build: view
-- example: SELECT creator_id, top_1pct_share, hhi FROM mart.rpt_whale_concentration
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   paying_fans: Fans whose net is positive; only these are ranked.
--   net_cents: Their net, US cents: the base of all shares.
--   top_1_fan_share: Share of the first fan by net, 0 to 1.
--   top_10_fans_share: Share of the first ten fans.
--   top_1pct_share: Share of the first 1 % of the fans, rounded up.
--   top_5pct_share: Share of the first 5 %.
--   top_20pct_share: Share of the first 20 %.
--   hhi: Herfindahl-Hirschman index: sum of the squared shares, 1 / paying_fans to 1; dependence in one number.
--   fans_without_net: Fans whose net is zero or negative, who are left out.
--   net_of_fans_without_net_cents: Their net, zero or negative, US cents.
--   sales_without_fan: Sales that name no fan and are left out.
--   net_without_fan_cents: Net of everything fans paid that names no fan, US cents.
WITH fans AS MATERIALIZED (
    SELECT creator_id, net_cents FROM mart.agg_fan_lifetime
),
ranked AS (
    SELECT
        creator_id,
        net_cents,
        row_number() OVER (PARTITION BY creator_id ORDER BY net_cents DESC) AS place, -- of equal fans any may be first: sums of them are the same
        count(*) OVER (PARTITION BY creator_id) AS fans,
        sum(net_cents) OVER (PARTITION BY creator_id) AS total
    FROM fans
    WHERE net_cents > 0
),
others AS (
    SELECT creator_id, count(*) AS fans, CAST(sum(net_cents) AS BIGINT) AS net_cents
    FROM fans
    WHERE net_cents <= 0
    GROUP BY creator_id
),
nameless AS (
    SELECT creator_id, CAST(sum(sales_count) AS BIGINT) AS sales_count, CAST(sum(net_cents) AS BIGINT) AS net_cents
    FROM mart.agg_fan_month
    WHERE fan_id IS NULL
    GROUP BY creator_id
)
SELECT
    r.creator_id,
    any_value(r.fans) AS paying_fans,
    CAST(any_value(r.total) AS BIGINT) AS net_cents,
    round(sum(r.net_cents) FILTER (r.place = 1) / any_value(r.total), 4) AS top_1_fan_share,
    round(sum(r.net_cents) FILTER (r.place <= 10) / any_value(r.total), 4) AS top_10_fans_share,
    round(sum(r.net_cents) FILTER (r.place <= ceil(r.fans * 0.01)) / any_value(r.total), 4) AS top_1pct_share,
    round(sum(r.net_cents) FILTER (r.place <= ceil(r.fans * 0.05)) / any_value(r.total), 4) AS top_5pct_share,
    round(sum(r.net_cents) FILTER (r.place <= ceil(r.fans * 0.20)) / any_value(r.total), 4) AS top_20pct_share,
    round(sum(power(r.net_cents / r.total, 2)), 4) AS hhi,
    coalesce(any_value(o.fans), 0) AS fans_without_net,
    coalesce(any_value(o.net_cents), 0) AS net_of_fans_without_net_cents,
    coalesce(any_value(n.sales_count), 0) AS sales_without_fan,
    coalesce(any_value(n.net_cents), 0) AS net_without_fan_cents
FROM ranked r
LEFT JOIN others o ON o.creator_id = r.creator_id
LEFT JOIN nameless n ON n.creator_id = r.creator_id
GROUP BY r.creator_id
