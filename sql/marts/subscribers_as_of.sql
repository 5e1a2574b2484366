-- Who was on a creator's list of subscribers at the end of a day, and how. The instant is the last one before the next midnight of the creator's reporting time zone; for the newest
-- run's own day, which is not over, it is what is known so far.
-- grain: one row per creator and fan on the list at the end of the day; no rows for a creator of whom nothing is known on that day, see mart.dim_list_spans
-- key: creator_id, fan_id
-- sources: mart.fct_subscription_periods, mart.dim_list_spans
-- build: macro
-- parameters: as_of
-- example: SELECT count(*) AS active_subscribers FROM mart.subscribers_as_of(DATE '2026-02-28') WHERE is_active
-- columns:
--   snapshot_date: The day asked for.
--   creator_id: Creator, as uuid of the platform.
--   fan_id: Fan, as pseudonym.
--   subscription_status: Status as served, see mart.fct_subscription_periods.
--   is_active: Whether the subscription ran at the end of the day; other rows are on the list and wait, pause or have ended.
--   is_trial: Whether nothing was paid for the current period.
--   is_paying: Whether it ran and something was paid for the current period.
--   price_cents: List price of a period, US cents.
--   amount_paid_cents: Paid for the current period, US cents.
--   period_months: Length of the current period in months.
--   mrr_cents: Monthly recurring revenue at the end of the day, US cents; 0 unless paying, NULL if active and not known what was paid.
--   has_auto_renew: Whether the subscription renews by itself.
--   current_period_start_at: Start of the current period (UTC).
--   current_period_end_at: End of the current period (UTC), NULL if open.
--   first_subscribed_at: First subscription ever to this creator (UTC).
--   valid_from: Start (UTC) of the walk that first had the fan with this content.
--   reporting_timezone: IANA time zone of the day.
WITH spans AS (
    SELECT creator_id, (CAST(CAST(as_of AS DATE) + 1 AS TIMESTAMP) AT TIME ZONE reporting_timezone) AT TIME ZONE 'UTC' AS end_at
    FROM mart.dim_list_spans
    WHERE list_name = 'subscribers' AND CAST(as_of AS DATE) BETWEEN first_date AND last_date
),
held AS (
    SELECT p.*, p.is_active AND coalesce(p.active_until_at >= s.end_at, true) AS is_active_then
    FROM mart.fct_subscription_periods p
    JOIN spans s ON s.creator_id = p.creator_id
    WHERE p.valid_from < s.end_at AND coalesce(p.valid_to >= s.end_at, true)
)
SELECT
    CAST(as_of AS DATE) AS snapshot_date,
    creator_id,
    fan_id,
    subscription_status,
    is_active_then AS is_active,
    is_trial,
    is_active_then AND is_paying AS is_paying,
    price_cents,
    amount_paid_cents,
    period_months,
    CASE WHEN is_active_then THEN mrr_cents ELSE 0 END AS mrr_cents,
    has_auto_renew,
    current_period_start_at,
    current_period_end_at,
    first_subscribed_at,
    valid_from,
    reporting_timezone
FROM held
