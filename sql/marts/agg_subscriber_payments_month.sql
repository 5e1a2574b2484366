-- Who paid for a subscription in a month, by the ledger: for the first time, again, or as a renewal. Needs no list, so it reaches back to the first earning.
-- grain: one row per creator and month with subscription payments
-- key: creator_id, earned_month
-- sources: mart.fct_earnings
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
WITH payments AS (
    SELECT
        creator_id,
        fan_id,
        earned_month,
        count(*) AS payments,
        count(*) FILTER (source = 'subscription') AS starts,
        count(*) FILTER (source = 'renewal') AS renewals,
        arg_min(source, (earned_at, earning_id)) AS first_source,
        sum(gross_cents) FILTER (source = 'subscription') AS new_cents,
        sum(gross_cents) FILTER (source = 'renewal') AS renewal_cents
    FROM mart.fct_earnings
    WHERE source IN ('subscription', 'renewal') AND NOT is_reversal
    GROUP BY creator_id, fan_id, earned_month
),
ranked AS (
    SELECT *, fan_id IS NOT NULL AND first_source = 'subscription' AND earned_month = min(earned_month) OVER (PARTITION BY creator_id, fan_id) AS is_new
    FROM payments
)
SELECT
    creator_id,
    earned_month,
    count(*) FILTER (is_new) AS new_paying_subscribers,
    count(*) FILTER (fan_id IS NOT NULL AND starts > is_new::INT) AS resubscribed,
    count(*) FILTER (fan_id IS NOT NULL AND renewals > 0) AS renewed,
    CAST(coalesce(sum(new_cents), 0) + coalesce(sum(renewal_cents), 0) AS BIGINT) AS billed_cents,
    CAST(coalesce(sum(new_cents), 0) AS BIGINT) AS new_billed_cents,
    CAST(coalesce(sum(renewal_cents), 0) AS BIGINT) AS recurring_billed_cents,
    CAST(coalesce(sum(payments) FILTER (fan_id IS NULL), 0) AS BIGINT) AS payments_without_fan
FROM ranked
GROUP BY creator_id, earned_month
