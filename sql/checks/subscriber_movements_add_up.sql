-- The movements of subscribers add up to those who are on the list: as many, paying as many, worth as much.
-- severity: blocking
-- table: subscribers
-- columns:
--   creator_id: Creator whose sums differ.
--   active_diff: Active fans by the movements less active fans of the open intervals.
--   paying_diff: The same of paying fans.
--   mrr_diff_cents: The same of monthly recurring revenue, US cents.
WITH moved AS (
    SELECT creator_id, sum(is_active::INT - is_active_before::INT) AS active, sum(is_paying::INT - is_paying_before::INT) AS paying, sum(mrr_cents - mrr_before_cents) AS mrr_cents
    FROM mart.fct_subscriber_movements
    GROUP BY creator_id
),
listed AS (
    SELECT creator_id, count(*) AS active, count(*) FILTER (is_paying) AS paying, coalesce(sum(mrr_cents), 0) AS mrr_cents
    FROM mart.fct_subscription_periods
    WHERE valid_to IS NULL AND is_active AND active_until_at IS NULL
    GROUP BY creator_id
)
SELECT
    creator_id,
    CAST(coalesce(m.active, 0) - coalesce(l.active, 0) AS BIGINT) AS active_diff,
    CAST(coalesce(m.paying, 0) - coalesce(l.paying, 0) AS BIGINT) AS paying_diff,
    CAST(coalesce(m.mrr_cents, 0) - coalesce(l.mrr_cents, 0) AS BIGINT) AS mrr_diff_cents
FROM moved m
FULL JOIN listed l USING (creator_id)
WHERE coalesce(m.active, 0) <> coalesce(l.active, 0) OR coalesce(m.paying, 0) <> coalesce(l.paying, 0) OR coalesce(m.mrr_cents, 0) <> coalesce(l.mrr_cents, 0)
