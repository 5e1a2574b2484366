-- Subscriptions as the lists had them, with what follows from their content. Here, and only here, it is defined who counts as active, as trial and as paying, and what a
-- subscription is worth a month.
-- grain: one row per creator, fan and interval in which the fan was on the list of subscribers with the same content
-- key: creator_id, fan_id, valid_from
-- sources: fanvue.subscribers_history, mart.dim_creators
-- build: view
-- example: SELECT count(*) AS trials FROM mart.fct_subscription_periods WHERE is_trial AND valid_to IS NULL
-- columns:
--   subscription_status: active, cancelled, pending_confirmation or paused, as served; NULL where the surface says nothing of the subscription.
--   is_active: Whether the subscription runs at valid_from. On the list and not paused or waiting for its confirmation; a cancelled one runs until its period ends.
--   is_trial: Whether nothing was paid for the current period; NULL where the surface does not say what was paid.
--   is_paying: Whether it is active and something was paid for the current period: what counts as customer in churn and MRR.
--   period_months: Length of the current period in months. Periods of 25 days or more count in whole months of 30.4375 days, as they are sold; shorter ones as a fraction; 1 where the
--       end is open.
--   mrr_cents: Monthly recurring revenue: paid for the period, divided by its months, rounded half up, US cents; 0 unless paying, NULL if active and not known what was paid. Normalised
--       value of running subscriptions (as Stripe and ChartMogul define MRR), before the platform fee and without tax: not cash.
--   has_auto_renew: Whether the subscription renews by itself; its mrr_cents is then committed MRR.
--   valid_from: Start (UTC) of the walk that first had the fan with this content.
--   valid_to: Start (UTC) of the walk that had other content or no longer had the fan; NULL while open.
--   active_until_at: Instant (UTC), exclusive, until which the row is active: valid_to, or the end of the period of a cancelled one if that comes first; NULL while open or if it is
--       not active.
--   reporting_timezone: IANA time zone in which the creator's days are cut.
WITH timed AS (
    SELECT
        h.*,
        CASE
            WHEN h.subscription_status IN ('paused', 'pending_confirmation') THEN false
            WHEN h.subscription_status = 'cancelled' THEN coalesce(h.current_period_end_at > h.valid_from, true)
            ELSE true
        END AS is_active,
        (epoch_us(h.current_period_end_at) - epoch_us(h.current_period_start_at)) / 86400000000 AS period_days
    FROM fanvue.subscribers_history h
),
measured AS (
    SELECT
        *,
        CASE
            WHEN coalesce(period_days, 0) <= 0 THEN CAST(1 AS DECIMAL(9, 4))
            WHEN period_days >= 25 THEN CAST(greatest(round(period_days / 30.4375), 1) AS DECIMAL(9, 4))
            ELSE greatest(CAST(period_days / 30.4375 AS DECIMAL(9, 4)), 0.0001)
        END AS period_months
    FROM timed
)
SELECT
    m.creator_id,
    m.fan_id,
    m.subscription_status,
    m.is_active,
    m.amount_paid_cents = 0 AS is_trial,
    m.is_active AND coalesce(m.amount_paid_cents > 0, false) AS is_paying,
    m.price_cents,
    m.amount_paid_cents,
    m.period_months,
    CASE
        WHEN NOT m.is_active THEN 0
        ELSE CAST((m.amount_paid_cents * 20000 + CAST(m.period_months * 10000 AS BIGINT)) // (2 * CAST(m.period_months * 10000 AS BIGINT)) AS BIGINT)
    END AS mrr_cents,
    m.has_auto_renew,
    m.current_period_start_at,
    m.current_period_end_at,
    m.first_subscribed_at,
    m.valid_from,
    m.valid_to,
    CASE
        WHEN NOT m.is_active THEN NULL
        WHEN m.subscription_status = 'cancelled' THEN least(m.valid_to, m.current_period_end_at)
        ELSE m.valid_to
    END AS active_until_at,
    coalesce(c.reporting_timezone, 'UTC') AS reporting_timezone
FROM measured m
LEFT JOIN mart.dim_creators c ON c.creator_id = m.creator_id
