-- What the movements of a month come to, fan by fan: who pays at its end and did not at its start, and the other way round. The base of mart.agg_churn_month.
-- grain: one row per creator and month of the creator's time zone in which a fan's MRR moved
-- key: creator_id, movement_month
-- sources: fanvue.subscribers_history, mart.fct_subscriber_movements, mart.dim_creators
-- build: day
-- day: last_date
-- example: SELECT movement_month, joined_count, churned_count FROM mart.agg_subscriber_movements_month ORDER BY movement_month
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   movement_month: First day of the month in the creator's reporting time zone.
--   last_date: Last day of the month.
--   joined_count: Fans who pay at the end of the month and did not at its start, those who came back included.
--   reactivated_count: Those of them who had paid earlier, or had subscribed before the history began.
--   churned_count: Fans who paid at the start and do not at the end.
--   new_mrr_cents: MRR of those who joined for the first time, US cents.
--   reactivation_mrr_cents: MRR of those who came back, US cents.
--   expansion_mrr_cents: What those who stayed pay more, US cents.
--   contraction_mrr_cents: What those who stayed pay less, US cents, positive.
--   churned_mrr_cents: MRR of those who churned, US cents, positive.
--   reporting_timezone: IANA time zone of the month.
WITH fans AS (
    SELECT
        creator_id,
        CAST(date_trunc('month', movement_date) AS DATE) AS movement_month,
        arg_min(is_paying_before, movement_date) AS was_paying,
        arg_max(is_paying, movement_date) AS is_paying,
        coalesce(arg_min(movement, movement_date) FILTER (movement IN ('new', 'reactivation')) = 'reactivation', false) AS is_returned,
        arg_min(mrr_before_cents, movement_date) AS mrr_before,
        arg_max(mrr_cents, movement_date) AS mrr_after,
        any_value(reporting_timezone) AS reporting_timezone
    FROM mart.fct_subscriber_movements
    WHERE movement IS NOT NULL AND movement_date >= CAST(date_trunc('month', getvariable('changed_from')) AS DATE)
    GROUP BY creator_id, fan_id, movement_month
)
SELECT
    creator_id,
    movement_month,
    last_day(movement_month) AS last_date,
    count(*) FILTER (is_paying AND NOT was_paying) AS joined_count,
    count(*) FILTER (is_paying AND NOT was_paying AND is_returned) AS reactivated_count,
    count(*) FILTER (was_paying AND NOT is_paying) AS churned_count,
    CAST(coalesce(sum(mrr_after) FILTER (is_paying AND NOT was_paying AND NOT is_returned), 0) AS BIGINT) AS new_mrr_cents,
    CAST(coalesce(sum(mrr_after) FILTER (is_paying AND NOT was_paying AND is_returned), 0) AS BIGINT) AS reactivation_mrr_cents,
    CAST(coalesce(sum(greatest(mrr_after - mrr_before, 0)) FILTER (was_paying AND is_paying), 0) AS BIGINT) AS expansion_mrr_cents,
    CAST(coalesce(sum(greatest(mrr_before - mrr_after, 0)) FILTER (was_paying AND is_paying), 0) AS BIGINT) AS contraction_mrr_cents,
    CAST(coalesce(sum(mrr_before) FILTER (was_paying AND NOT is_paying), 0) AS BIGINT) AS churned_mrr_cents,
    any_value(reporting_timezone) AS reporting_timezone
FROM fans
GROUP BY creator_id, movement_month
