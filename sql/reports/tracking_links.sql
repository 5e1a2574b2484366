-- What tracking links bring.
-- answers: Which links bring subscribers and money?
-- needs: tracking links
-- parameters:
--   creator: creator, default all. Only this creator.
-- columns:
--   creator: Label of the creator, else the handle.
--   name: Name of the link.
--   platform: Where it is used.
--   clicks_count: Clicks.
--   acquired_followers_count: Fans who came by it and followed.
--   acquired_subscribers_count: Fans who came by it and subscribed.
--   subscriber_ratio: Acquired subscribers per click.
--   gross_cents: Gross of its users, US cents; NULL where the platform does not say.
--   gross_per_click_cents: The same for each click, US cents.
SELECT
    coalesce(d.label, CAST(l.creator_id AS VARCHAR)) AS creator,
    l.name,
    l.platform,
    l.clicks_count,
    l.acquired_followers_count,
    l.acquired_subscribers_count,
    round(l.acquired_subscribers_count / nullif(l.clicks_count, 0), 4) AS subscriber_ratio,
    l.gross_cents,
    round(l.gross_cents / nullif(l.clicks_count, 0), 1) AS gross_per_click_cents
FROM fanvue.tracking_links l
LEFT JOIN mart.dim_creators d ON d.creator_id = l.creator_id
WHERE l.removed_at IS NULL AND ($creator IS NULL OR l.creator_id = CAST($creator AS UUID))
ORDER BY l.gross_cents DESC NULLS LAST, creator, l.creator_id, l.link_id
