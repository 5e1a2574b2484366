-- Posts that earn.
-- answers: Which posts were bought and tipped, and how much did they bring?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 2. First month of payment, in the creator's time zone.
--   to: month, default last month. Last month.
--   limit: integer from 1, default 20. Posts.
-- columns:
--   creator: Label of the creator, else the handle.
--   post_id: Post.
--   published_at: Publication (UTC), NULL if the post was not read.
--   price_cents: Price of the post, US cents; NULL if free.
--   sales_count: Purchases and tips.
--   paying_fans: Distinct fans who paid.
--   gross_cents: Gross of purchases and tips, reversals taken off where they name the post, US cents.
--   net_cents: Net of the same, US cents.
--   likes_count: Likes.
WITH paid AS (
    SELECT
        f.creator_id,
        f.post_id,
        count(*) FILTER (NOT f.is_reversal) AS sales_count,
        count(DISTINCT f.fan_id) FILTER (NOT f.is_reversal) AS paying_fans,
        CAST(sum(f.gross_cents) AS BIGINT) AS gross_cents,
        CAST(sum(f.net_cents) AS BIGINT) AS net_cents
    FROM mart.fct_earnings f
    WHERE f.post_id IS NOT NULL AND f.is_fan_paid AND f.earned_month BETWEEN $from AND $to
        AND ($creator IS NULL OR f.creator_id = CAST($creator AS UUID))
    GROUP BY f.creator_id, f.post_id
)
SELECT
    coalesce(d.label, CAST(p.creator_id AS VARCHAR)) AS creator,
    p.post_id,
    o.published_at,
    o.price_cents,
    p.sales_count,
    p.paying_fans,
    p.gross_cents,
    p.net_cents,
    o.likes_count
FROM paid p
LEFT JOIN fanvue.posts o ON o.creator_id = p.creator_id AND o.post_id = p.post_id
LEFT JOIN mart.dim_creators d ON d.creator_id = p.creator_id
ORDER BY p.net_cents DESC, creator, p.creator_id, p.post_id
LIMIT $limit
