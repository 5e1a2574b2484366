-- Who came and went between the ends of two days, and what that did to MRR: the three customary churn rates under their own names.
-- grain: one row per creator of whom the state at both ends is known
-- key: creator_id
-- sources: mart.fct_subscriber_movements, mart.agg_subscriber_movements_day, mart.agg_mrr, mart.dim_list_spans
-- build: macro
-- parameters: d0, d1
-- example: SELECT customer_churn_rate, mrr_start_cents, mrr_end_cents FROM mart.churn(DATE '2026-01-31', DATE '2026-02-28')
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   subscribers_start: Paying fans at the end of d0.
--   joined: Fans who pay at the end of d1 and did not at d0, those who came back included.
--   reactivated: Those of them who had paid earlier, or had subscribed before the history began.
--   churned: Fans who paid at the end of d0 and do not at d1. Who came and went in between, or went and came back, is in neither (ChartMogul).
--   subscribers_end: Paying fans at the end of d1.
--   customer_churn_rate: churned divided by subscribers_start (ChartMogul's standard), 0 to 1, four digits; NULL without subscribers.
--   retention_rate: 1 less customer_churn_rate.
--   churn_rate_stripe_style: churned divided by subscribers_start and joined together (Stripe's rolling rate); over 30 days it is theirs.
--   churn_rate_daily_sum: Sum over the days after d0, to d1, of those who stopped paying on the day divided by those paying at its start (ChartMogul's option for high-volume monthly plans);
--       may exceed 1.
--   mrr_start_cents: MRR at the end of d0, US cents.
--   new_mrr_cents: MRR at d1 of those who joined for the first time, US cents.
--   reactivation_mrr_cents: MRR at d1 of those who came back, US cents.
--   expansion_mrr_cents: What those who stayed pay more, US cents.
--   contraction_mrr_cents: What those who stayed pay less, US cents, positive.
--   churned_mrr_cents: MRR at d0 of those who churned, US cents, positive.
--   mrr_end_cents: MRR at the end of d1, US cents: start + new + reactivation + expansion - contraction - churned.
--   gross_mrr_churn_rate: (churned + contraction) divided by mrr_start_cents.
--   net_mrr_churn_rate: (churned + contraction - expansion - reactivation) divided by mrr_start_cents; negative where those who stayed and came back outweigh those who left.
WITH spans AS (
    SELECT creator_id
    FROM mart.dim_list_spans
    WHERE list_name = 'subscribers' AND first_date <= least(CAST(d0 AS DATE), CAST(d1 AS DATE)) AND last_date >= greatest(CAST(d0 AS DATE), CAST(d1 AS DATE))
),
-- What moved between the two ends; of a later d0 it is read backwards.
fans AS (
    SELECT
        creator_id,
        CASE WHEN CAST(d0 AS DATE) <= CAST(d1 AS DATE) THEN first_paying ELSE last_paying END AS was_paying,
        CASE WHEN CAST(d0 AS DATE) <= CAST(d1 AS DATE) THEN last_paying ELSE first_paying END AS is_paying,
        CASE WHEN CAST(d0 AS DATE) <= CAST(d1 AS DATE) THEN first_cents ELSE last_cents END AS mrr_before,
        CASE WHEN CAST(d0 AS DATE) <= CAST(d1 AS DATE) THEN last_cents ELSE first_cents END AS mrr_after,
        CAST(d0 AS DATE) <= CAST(d1 AS DATE) AND coalesce(first_coming = 'reactivation', false) AS is_returned
    FROM (
        SELECT
            creator_id,
            arg_min(is_paying_before, movement_date) AS first_paying,
            arg_max(is_paying, movement_date) AS last_paying,
            arg_min(mrr_before_cents, movement_date) AS first_cents,
            arg_max(mrr_cents, movement_date) AS last_cents,
            arg_min(movement, movement_date) FILTER (movement IN ('new', 'reactivation')) AS first_coming
        FROM mart.fct_subscriber_movements
        WHERE movement IS NOT NULL AND movement_date > least(CAST(d0 AS DATE), CAST(d1 AS DATE)) AND movement_date <= greatest(CAST(d0 AS DATE), CAST(d1 AS DATE))
        GROUP BY creator_id, fan_id
    )
),
bridge AS (
    SELECT
        creator_id,
        count(*) FILTER (is_paying AND NOT was_paying) AS joined,
        count(*) FILTER (is_paying AND NOT was_paying AND is_returned) AS reactivated,
        count(*) FILTER (was_paying AND NOT is_paying) AS churned,
        sum(mrr_after) FILTER (is_paying AND NOT was_paying AND NOT is_returned) AS new_cents,
        sum(mrr_after) FILTER (is_paying AND NOT was_paying AND is_returned) AS reactivation_cents,
        sum(greatest(mrr_after - mrr_before, 0)) FILTER (was_paying AND is_paying) AS expansion_cents,
        sum(greatest(mrr_before - mrr_after, 0)) FILTER (was_paying AND is_paying) AS contraction_cents,
        sum(mrr_before) FILTER (was_paying AND NOT is_paying) AS churned_cents
    FROM fans
    GROUP BY creator_id
),
states AS MATERIALIZED (
    SELECT creator_id, snapshot_date, coalesce(active_paying_subscribers, 0) AS paying, coalesce(mrr_cents, 0) AS mrr_cents FROM mart.agg_mrr
),
daily AS (
    SELECT m.creator_id, sum(CAST(m.churned_count AS DOUBLE) / nullif(s.paying, 0)) AS rate
    FROM mart.agg_subscriber_movements_day m
    JOIN states s ON s.creator_id = m.creator_id AND s.snapshot_date = m.movement_date - 1
    WHERE m.movement_date > CAST(d0 AS DATE) AND m.movement_date <= CAST(d1 AS DATE)
    GROUP BY m.creator_id
),
counted AS (
    SELECT
        s.creator_id,
        x.paying AS subscribers_start,
        coalesce(b.joined, 0) AS joined,
        coalesce(b.reactivated, 0) AS reactivated,
        coalesce(b.churned, 0) AS churned,
        z.paying AS subscribers_end,
        x.mrr_cents AS mrr_start_cents,
        CAST(coalesce(b.new_cents, 0) AS BIGINT) AS new_mrr_cents,
        CAST(coalesce(b.reactivation_cents, 0) AS BIGINT) AS reactivation_mrr_cents,
        CAST(coalesce(b.expansion_cents, 0) AS BIGINT) AS expansion_mrr_cents,
        CAST(coalesce(b.contraction_cents, 0) AS BIGINT) AS contraction_mrr_cents,
        CAST(coalesce(b.churned_cents, 0) AS BIGINT) AS churned_mrr_cents,
        z.mrr_cents AS mrr_end_cents
    FROM spans s
    JOIN states x ON x.creator_id = s.creator_id AND x.snapshot_date = CAST(d0 AS DATE)
    JOIN states z ON z.creator_id = s.creator_id AND z.snapshot_date = CAST(d1 AS DATE)
    LEFT JOIN bridge b ON b.creator_id = s.creator_id
)
SELECT
    c.creator_id,
    c.subscribers_start,
    c.joined,
    c.reactivated,
    c.churned,
    c.subscribers_end,
    round(CAST(c.churned AS DOUBLE) / nullif(c.subscribers_start, 0), 4) AS customer_churn_rate,
    round(1 - CAST(c.churned AS DOUBLE) / nullif(c.subscribers_start, 0), 4) AS retention_rate,
    round(CAST(c.churned AS DOUBLE) / nullif(c.subscribers_start + c.joined, 0), 4) AS churn_rate_stripe_style,
    CASE WHEN c.subscribers_start > 0 THEN round(coalesce(d.rate, 0), 4) END AS churn_rate_daily_sum,
    c.mrr_start_cents,
    c.new_mrr_cents,
    c.reactivation_mrr_cents,
    c.expansion_mrr_cents,
    c.contraction_mrr_cents,
    c.churned_mrr_cents,
    c.mrr_end_cents,
    round(CAST(c.churned_mrr_cents + c.contraction_mrr_cents AS DOUBLE) / nullif(c.mrr_start_cents, 0), 4) AS gross_mrr_churn_rate,
    round(CAST(c.churned_mrr_cents + c.contraction_mrr_cents - c.expansion_mrr_cents - c.reactivation_mrr_cents AS DOUBLE) / nullif(c.mrr_start_cents, 0), 4) AS net_mrr_churn_rate
FROM counted c
LEFT JOIN daily d ON d.creator_id = c.creator_id
