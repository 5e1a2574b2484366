-- Subscribers and monthly recurring revenue of every day, without gaps from the first complete list on.
-- grain: one row per creator and day
-- key: creator_id, snapshot_date
-- sources: mart.agg_subscriber_movements_day, mart.dim_list_spans
-- build: view
-- example: SELECT snapshot_date, sum(mrr_cents)::BIGINT AS mrr_cents FROM mart.agg_mrr GROUP BY snapshot_date ORDER BY snapshot_date
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   snapshot_date: Day in the creator's reporting time zone; figures are those of its last instant.
--   is_partial: Whether the day was not over at the newest run: its figures are those known until then.
--   active_subscribers: Fans whose subscription runs, trials and those of unknown payment included: one per fan (Stripe).
--   active_paying_subscribers: Active fans who paid something for their period; NULL if of active fans none's payment is known.
--   active_trials: Active fans who paid nothing for their period; NULL like the paying ones.
--   unpriced_subscribers: Active fans of whom it is not known what they paid, as on surfaces without details; they are in no other figure but the active ones.
--   mrr_cents: Monthly recurring revenue: sum over paying fans of what they paid for their period divided by its months, rounded fan by fan, US cents (ChartMogul, Stripe); before the
--       platform fee, without trials. Forward-looking, not cash. NULL like the paying ones.
--   committed_mrr_cents: The part of it whose subscription renews by itself, US cents.
--   auto_renewing_subscribers: Paying fans whose subscription renews by itself; NULL like the paying ones.
--   auto_renew_rate: Paying fans whose subscription renews by itself divided by paying fans, 0 to 1, four digits; NULL without paying fans.
WITH days AS (
    SELECT creator_id, today_date, CAST(unnest(generate_series(CAST(first_date AS TIMESTAMP), CAST(last_date AS TIMESTAMP), INTERVAL 1 DAY)) AS DATE) AS snapshot_date
    FROM mart.dim_list_spans
    WHERE list_name = 'subscribers'
),
-- Movements and days in one, cumulated: several times faster here than to look
-- for each day's last movement.
changes AS (
    SELECT
        creator_id,
        movement_date AS snapshot_date,
        NULL AS today_date,
        active_change AS active,
        paying_change AS paying,
        trial_change AS trials,
        unpriced_change AS unpriced,
        renewing_change AS renewing,
        mrr_change_cents AS mrr_cents,
        committed_mrr_change_cents AS committed_cents
    FROM mart.agg_subscriber_movements_day
    UNION ALL
    SELECT creator_id, snapshot_date, today_date, 0, 0, 0, 0, 0, 0, 0
    FROM days
),
moved AS (
    SELECT
        creator_id,
        snapshot_date,
        max(today_date) AS today_date,
        sum(active) AS active,
        sum(paying) AS paying,
        sum(trials) AS trials,
        sum(unpriced) AS unpriced,
        sum(renewing) AS renewing,
        sum(mrr_cents) AS mrr_cents,
        sum(committed_cents) AS committed_cents
    FROM changes
    GROUP BY creator_id, snapshot_date
),
states AS (
    SELECT
        creator_id,
        snapshot_date,
        today_date,
        sum(active) OVER upto AS active,
        sum(paying) OVER upto AS paying,
        sum(trials) OVER upto AS trials,
        sum(unpriced) OVER upto AS unpriced,
        sum(renewing) OVER upto AS renewing,
        sum(mrr_cents) OVER upto AS mrr_cents,
        sum(committed_cents) OVER upto AS committed_cents
    FROM moved
    WINDOW upto AS (PARTITION BY creator_id ORDER BY snapshot_date)
)
SELECT
    creator_id,
    snapshot_date,
    snapshot_date >= today_date AS is_partial,
    CAST(active AS BIGINT) AS active_subscribers,
    CASE WHEN unpriced > 0 AND unpriced = active THEN NULL ELSE CAST(paying AS BIGINT) END AS active_paying_subscribers,
    CASE WHEN unpriced > 0 AND unpriced = active THEN NULL ELSE CAST(trials AS BIGINT) END AS active_trials,
    CAST(unpriced AS BIGINT) AS unpriced_subscribers,
    CASE WHEN unpriced > 0 AND unpriced = active THEN NULL ELSE CAST(coalesce(mrr_cents, 0) AS BIGINT) END AS mrr_cents,
    CASE WHEN unpriced > 0 AND unpriced = active THEN NULL ELSE CAST(coalesce(committed_cents, 0) AS BIGINT) END AS committed_mrr_cents,
    CASE WHEN unpriced > 0 AND unpriced = active THEN NULL ELSE CAST(renewing AS BIGINT) END AS auto_renewing_subscribers,
    round(CAST(renewing AS DOUBLE) / nullif(paying, 0), 4) AS auto_renew_rate
FROM states
WHERE today_date IS NOT NULL -- a day of which the list is known
