-- Who came and went between the ends of two days, and what that did to MRR: the three customary churn rates under their own names.
-- grain: one row per creator of whom the state at both ends is known
-- key: creator_id
-- sources: mart.subscribers_as_of, mart.fct_subscriber_movements, mart.agg_mrr, mart.dim_list_spans
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
a AS (SELECT creator_id, fan_id, mrr_cents FROM mart.subscribers_as_of(d0) WHERE is_paying),
b AS (SELECT creator_id, fan_id, mrr_cents FROM mart.subscribers_as_of(d1) WHERE is_paying),
returned AS (
    SELECT creator_id, fan_id, arg_min(movement, movement_date) = 'reactivation' AS is_returned
    FROM mart.fct_subscriber_movements
    WHERE movement IN ('new', 'reactivation') AND movement_date > CAST(d0 AS DATE) AND movement_date <= CAST(d1 AS DATE)
    GROUP BY creator_id, fan_id
),
fans AS (
    SELECT
        coalesce(a.creator_id, b.creator_id) AS creator_id,
        a.fan_id IS NOT NULL AS was_paying,
        b.fan_id IS NOT NULL AS is_paying,
        a.fan_id IS NULL AND coalesce(r.is_returned, false) AS is_returned,
        coalesce(a.mrr_cents, 0) AS mrr_before,
        coalesce(b.mrr_cents, 0) AS mrr_after
    FROM a
    FULL JOIN b ON b.creator_id = a.creator_id AND b.fan_id = a.fan_id
    LEFT JOIN returned r ON r.creator_id = b.creator_id AND r.fan_id = b.fan_id
),
daily AS (
    SELECT m.creator_id, sum(CAST(m.lost AS DOUBLE) / nullif(s.active_paying_subscribers, 0)) AS rate
    FROM (SELECT creator_id, movement_date, count(*) AS lost FROM mart.fct_subscriber_movements WHERE movement = 'churn' GROUP BY creator_id, movement_date) m
    JOIN mart.agg_mrr s ON s.creator_id = m.creator_id AND s.snapshot_date = m.movement_date - 1
    WHERE m.movement_date > CAST(d0 AS DATE) AND m.movement_date <= CAST(d1 AS DATE)
    GROUP BY m.creator_id
),
counted AS (
    SELECT
        s.creator_id,
        count(*) FILTER (f.was_paying) AS subscribers_start,
        count(*) FILTER (f.is_paying AND NOT f.was_paying) AS joined,
        count(*) FILTER (f.is_returned) AS reactivated,
        count(*) FILTER (f.was_paying AND NOT f.is_paying) AS churned,
        count(*) FILTER (f.is_paying) AS subscribers_end,
        CAST(coalesce(sum(f.mrr_before), 0) AS BIGINT) AS mrr_start_cents,
        CAST(coalesce(sum(f.mrr_after) FILTER (NOT f.was_paying AND NOT f.is_returned), 0) AS BIGINT) AS new_mrr_cents,
        CAST(coalesce(sum(f.mrr_after) FILTER (f.is_returned), 0) AS BIGINT) AS reactivation_mrr_cents,
        CAST(coalesce(sum(greatest(f.mrr_after - f.mrr_before, 0)) FILTER (f.was_paying AND f.is_paying), 0) AS BIGINT) AS expansion_mrr_cents,
        CAST(coalesce(sum(greatest(f.mrr_before - f.mrr_after, 0)) FILTER (f.was_paying AND f.is_paying), 0) AS BIGINT) AS contraction_mrr_cents,
        CAST(coalesce(sum(f.mrr_before) FILTER (NOT f.is_paying), 0) AS BIGINT) AS churned_mrr_cents,
        CAST(coalesce(sum(f.mrr_after), 0) AS BIGINT) AS mrr_end_cents
    FROM spans s
    LEFT JOIN fans f ON f.creator_id = s.creator_id
    GROUP BY s.creator_id
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
