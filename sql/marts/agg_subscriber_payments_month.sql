-- Who paid for a subscription in a month, by the ledger: for the first time, again, or as a renewal. Needs no list, so it reaches back to the first earning.
-- grain: one row per creator and month with subscription payments
-- key: creator_id, earned_month
-- sources: mart.agg_fan_month, mart.agg_creator_month_source
-- build: view
-- example: SELECT earned_month, new_paying_subscribers, resubscribed, renewed FROM mart.agg_subscriber_payments_month ORDER BY earned_month
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   earned_month: First day of the month in the creator's reporting time zone.
--   new_paying_subscribers: Fans whose first subscription payment ever is of the month and no renewal.
--   resubscribed: Fans with a first payment of a subscription that is not their first ever; the platform counts them as new again.
--   renewed: Fans with a renewal.
--   billed_cents: Gross of new and renewed subscriptions, US cents: what was billed, not MRR.
--   new_billed_cents: The part of first payments (source subscription), US cents.
--   recurring_billed_cents: The part of renewals, US cents.
--   payments_without_fan: Payments whose fan the platform does not name; in the sums, in no count of fans.
-- Fans by the month of their first payment ever, with how often they subscribed in it: 0 if a renewal came first, 1, or 2 for more. The two are one number, whose least is several
-- times smaller to keep for each fan than arg_min.
WITH firsts AS (
    SELECT creator_id, min(4 * (earned_month - DATE '0001-01-01') + CASE WHEN is_subscribed_first THEN least(subscription_count, 2) ELSE 0 END) AS first_month
    FROM mart.agg_fan_month
    WHERE is_subscribed_first IS NOT NULL AND fan_id IS NOT NULL
    GROUP BY creator_id, fan_id
),
joined AS (
    SELECT creator_id, CAST(DATE '0001-01-01' + CAST(first_month // 4 AS INTEGER) AS DATE) AS earned_month, count(*) AS fans, count(*) FILTER (first_month % 4 = 1) AS fans_once
    FROM firsts
    WHERE first_month % 4 > 0
    GROUP BY ALL
),
months AS (
    SELECT
        creator_id,
        earned_month,
        count(*) FILTER (fan_id IS NOT NULL AND subscription_count > 0) AS subscribed,
        count(*) FILTER (fan_id IS NOT NULL AND renewal_count > 0) AS renewed,
        sum(subscription_count + renewal_count) FILTER (fan_id IS NULL) AS without_fan
    FROM mart.agg_fan_month
    WHERE is_subscribed_first IS NOT NULL
    GROUP BY creator_id, earned_month
)
SELECT
    m.creator_id,
    m.earned_month,
    coalesce(j.fans, 0) AS new_paying_subscribers,
    m.subscribed - coalesce(j.fans_once, 0) AS resubscribed,
    m.renewed,
    coalesce(s.gross_cents, 0) + coalesce(r.gross_cents, 0) AS billed_cents,
    coalesce(s.gross_cents, 0) AS new_billed_cents,
    coalesce(r.gross_cents, 0) AS recurring_billed_cents,
    CAST(coalesce(m.without_fan, 0) AS BIGINT) AS payments_without_fan
FROM months m
LEFT JOIN joined j ON j.creator_id = m.creator_id AND j.earned_month = m.earned_month
LEFT JOIN mart.agg_creator_month_source s ON s.creator_id = m.creator_id AND s.earned_month = m.earned_month AND s.source = 'subscription'
LEFT JOIN mart.agg_creator_month_source r ON r.creator_id = m.creator_id AND r.earned_month = m.earned_month AND r.source = 'renewal'
