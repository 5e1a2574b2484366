-- Subscriptions that will not renew.
-- answers: Whose paid subscription ends soon because it does not renew by itself, and what were they worth?
-- needs: lists of subscribers
-- parameters:
--   creator: creator, default all. Only this creator.
--   as_of: date, default today. Day at whose end they ran, in the creator's time zone.
--   limit: integer from 1, default 100. Fans, those who end first at the top.
-- columns:
--   creator: Label of the creator, else the handle.
--   fan_id: Fan, as pseudonym.
--   current_period_end_at: End of the current period (UTC).
--   days_left: Days from as_of to there.
--   amount_paid_cents: Paid for the current period, US cents.
--   mrr_cents: What it is worth a month, US cents.
--   lifetime_net_cents: Net of all that the fan paid to this creator, US cents.
WITH listed AS (
    SELECT * FROM mart.subscribers_as_of(CAST($as_of AS DATE))
    WHERE is_paying AND NOT has_auto_renew AND ($creator IS NULL OR creator_id = CAST($creator AS UUID))
),
paid AS (
    SELECT f.creator_id, f.fan_id, CAST(sum(f.net_cents) AS BIGINT) AS net_cents
    FROM mart.agg_fan_month f
    SEMI JOIN listed l ON l.creator_id = f.creator_id AND l.fan_id = f.fan_id
    GROUP BY f.creator_id, f.fan_id
)
SELECT
    coalesce(d.label, CAST(l.creator_id AS VARCHAR)) AS creator,
    l.fan_id,
    l.current_period_end_at,
    date_diff('day', $as_of, CAST(l.current_period_end_at AS DATE)) AS days_left,
    l.amount_paid_cents,
    l.mrr_cents,
    coalesce(p.net_cents, 0) AS lifetime_net_cents
FROM listed l
LEFT JOIN paid p ON p.creator_id = l.creator_id AND p.fan_id = l.fan_id
LEFT JOIN mart.dim_creators d ON d.creator_id = l.creator_id
ORDER BY l.current_period_end_at NULLS LAST, creator, l.creator_id, l.fan_id
LIMIT $limit
