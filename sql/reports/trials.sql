-- Trials that run.
-- answers: Who is trying for free, until when, and did they pay for anything?
-- needs: lists of subscribers
-- parameters:
--   creator: creator, default all. Only this creator.
--   as_of: date, default today. Day at whose end they ran, in the creator's time zone.
-- columns:
--   creator: Label of the creator, else the handle.
--   fan_id: Fan, as pseudonym.
--   current_period_start_at: Start of the trial (UTC).
--   current_period_end_at: Its end (UTC), NULL if open.
--   has_auto_renew: Whether it goes on by itself.
--   first_subscribed_at: First subscription ever (UTC): earlier than the trial for fans who came back.
--   lifetime_net_cents: Net of all that the fan paid to this creator, US cents.
WITH listed AS (
    SELECT * FROM mart.subscribers_as_of(CAST($as_of AS DATE))
    WHERE is_active AND is_trial AND ($creator IS NULL OR creator_id = CAST($creator AS UUID))
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
    l.current_period_start_at,
    l.current_period_end_at,
    l.has_auto_renew,
    l.first_subscribed_at,
    coalesce(p.net_cents, 0) AS lifetime_net_cents
FROM listed l
LEFT JOIN paid p ON p.creator_id = l.creator_id AND p.fan_id = l.fan_id
LEFT JOIN mart.dim_creators d ON d.creator_id = l.creator_id
ORDER BY creator, l.creator_id, l.current_period_end_at, l.fan_id
