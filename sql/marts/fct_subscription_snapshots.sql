-- Subscribers day by day. A view over periods and days: name a day or a few, as each row of a year costs a row a day; for totals read mart.agg_mrr.
-- grain: one row per creator, fan and day at whose end the fan was on the list of subscribers, from the first complete list on
-- key: snapshot_date, creator_id, fan_id
-- sources: mart.fct_subscription_periods, mart.dim_list_spans
-- build: view
-- example: SELECT count(*) AS active_subscribers FROM mart.fct_subscription_snapshots WHERE snapshot_date = DATE '2026-02-28' AND is_active
-- columns:
--   snapshot_date: Day in the creator's reporting time zone; the state is that of its last instant.
--   creator_id: Creator, as uuid of the platform.
--   fan_id: Fan, as pseudonym.
--   subscription_status: Status as served, see mart.fct_subscription_periods.
--   is_active: Whether the subscription ran at the end of the day.
--   is_trial: Whether nothing was paid for the current period.
--   is_paying: Whether it ran and something was paid for the current period.
--   has_auto_renew: Whether the subscription renews by itself.
--   price_cents: List price of a period, US cents.
--   amount_paid_cents: Paid for the current period, US cents.
--   period_months: Length of the current period in months.
--   mrr_cents: Monthly recurring revenue at the end of the day, US cents; 0 unless paying, NULL if active and not known what was paid.
--   current_period_start_at: Start of the current period (UTC).
--   current_period_end_at: End of the current period (UTC), NULL if open.
--   first_subscribed_at: First subscription ever to this creator (UTC).
WITH spans AS (
    SELECT creator_id, reporting_timezone, first_date, last_date FROM mart.dim_list_spans WHERE list_name = 'subscribers'
),
-- The ends of days are worked out once for all creators of a time zone.
days AS (
    SELECT reporting_timezone, CAST(unnest(generate_series(CAST(min(first_date) AS TIMESTAMP), CAST(max(last_date) AS TIMESTAMP), INTERVAL 1 DAY)) AS DATE) AS snapshot_date
    FROM spans
    GROUP BY reporting_timezone
),
ends AS (
    SELECT s.creator_id, d.snapshot_date, d.end_at
    FROM (
        SELECT *, (CAST(snapshot_date + 1 AS TIMESTAMP) AT TIME ZONE reporting_timezone) AT TIME ZONE 'UTC' AS end_at FROM days
    ) d
    JOIN spans s ON s.reporting_timezone = d.reporting_timezone AND d.snapshot_date BETWEEN s.first_date AND s.last_date
)
SELECT
    d.snapshot_date,
    p.creator_id,
    p.fan_id,
    p.subscription_status,
    p.is_active AND coalesce(p.active_until_at >= d.end_at, true) AS is_active,
    p.is_trial,
    p.is_paying AND coalesce(p.active_until_at >= d.end_at, true) AS is_paying,
    p.has_auto_renew,
    p.price_cents,
    p.amount_paid_cents,
    p.period_months,
    CASE WHEN coalesce(p.active_until_at >= d.end_at, true) THEN p.mrr_cents ELSE 0 END AS mrr_cents,
    p.current_period_start_at,
    p.current_period_end_at,
    p.first_subscribed_at
FROM ends d
JOIN mart.fct_subscription_periods p ON p.creator_id = d.creator_id AND p.valid_from < d.end_at AND coalesce(p.valid_to >= d.end_at, true)
