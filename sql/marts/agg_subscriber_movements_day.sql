-- What the movements of a day add up to: the base of mart.agg_mrr, whose figures are the sums of these over all days until then.
-- grain: one row per creator and day of the creator's time zone with a movement
-- key: creator_id, movement_date
-- sources: fanvue.subscribers_history, mart.fct_subscriber_movements, mart.dim_creators
-- build: day
-- day: movement_date
-- example: SELECT movement_date, churned_count FROM mart.agg_subscriber_movements_day ORDER BY movement_date
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   movement_date: Day in the creator's reporting time zone, as in fct_subscriber_movements.
--   active_change: Active fans more than the day before; less if negative, as in the columns that follow.
--   paying_change: Paying fans.
--   trial_change: Fans on trial.
--   unpriced_change: Active fans of whom it is not known what they paid.
--   renewing_change: Paying fans whose subscription renews by itself.
--   mrr_change_cents: Monthly recurring revenue, US cents.
--   committed_mrr_change_cents: The part of it whose subscription renews by itself, US cents.
--   churned_count: Fans who stopped paying on the day.
--   reporting_timezone: IANA time zone of the day.
SELECT
    creator_id,
    movement_date,
    CAST(sum(is_active::INT - is_active_before::INT) AS BIGINT) AS active_change,
    CAST(sum(is_paying::INT - is_paying_before::INT) AS BIGINT) AS paying_change,
    CAST(sum(is_trial::INT - is_trial_before::INT) AS BIGINT) AS trial_change,
    CAST(sum(is_unpriced::INT - is_unpriced_before::INT) AS BIGINT) AS unpriced_change,
    CAST(sum(is_renewing::INT - is_renewing_before::INT) AS BIGINT) AS renewing_change,
    CAST(sum(mrr_cents - mrr_before_cents) AS BIGINT) AS mrr_change_cents,
    CAST(sum(CASE WHEN is_renewing THEN mrr_cents ELSE 0 END - CASE WHEN is_renewing_before THEN mrr_before_cents ELSE 0 END) AS BIGINT) AS committed_mrr_change_cents,
    count(*) FILTER (movement = 'churn') AS churned_count,
    any_value(reporting_timezone) AS reporting_timezone
FROM mart.fct_subscriber_movements
WHERE movement_date >= getvariable('changed_from')
GROUP BY creator_id, movement_date
