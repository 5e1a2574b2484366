-- Subscribers of every closed month: who was there, came, went and is there at its end, the three customary churn rates, and the bridge from MRR to MRR.
-- grain: one row per creator and month that is over and of which the state at both ends is known
-- key: creator_id, churn_month
-- sources: mart.agg_subscriber_movements_month, mart.agg_subscriber_movements_day, mart.agg_mrr, mart.dim_list_spans, mart.fct_list_reads
-- build: view
-- example: SELECT churn_month, subscribers_start, joined, churned, subscribers_end, customer_churn_rate FROM mart.agg_churn_month ORDER BY churn_month
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   churn_month: First day of the month in the creator's reporting time zone.
--   list_reads: Complete reads of the list in the month. Without any nothing was seen of the month, and no rate stands.
--   subscribers_start: Paying fans at the end of the month before.
--   joined: Fans who pay at the end of the month and did not at its start, those who came back included.
--   reactivated: Those of them who had paid earlier, or had subscribed before the history began.
--   churned: Fans who paid at the start and do not at the end. Who came and went in between, or went and came back, is in neither (ChartMogul).
--   subscribers_end: Paying fans at the end of the month: start + joined - churned.
--   customer_churn_rate: churned divided by subscribers_start (ChartMogul's standard), 0 to 1, four digits; NULL without subscribers.
--   retention_rate: 1 less customer_churn_rate.
--   churn_rate_stripe_style: churned divided by subscribers_start and joined together (Stripe's rolling rate, with the month as its window).
--   churn_rate_daily_sum: Sum over the days of the month of those who stopped paying on the day divided by those paying at its start (ChartMogul's option for high-volume monthly plans);
--       may exceed 1.
--   mrr_start_cents: MRR at the end of the month before, US cents.
--   new_mrr_cents: MRR of those who joined for the first time, US cents.
--   reactivation_mrr_cents: MRR of those who came back, US cents.
--   expansion_mrr_cents: What those who stayed pay more, US cents.
--   contraction_mrr_cents: What those who stayed pay less, US cents, positive.
--   churned_mrr_cents: MRR of those who churned, US cents, positive.
--   mrr_end_cents: MRR at the end of the month, US cents: start + new + reactivation + expansion - contraction - churned.
--   gross_mrr_churn_rate: (churned + contraction) divided by mrr_start_cents.
--   net_mrr_churn_rate: (churned + contraction - expansion - reactivation) divided by mrr_start_cents; negative where those who stayed and came back outweigh those who left.
WITH months AS (
    SELECT creator_id, CAST(unnest(generate_series(date_trunc('month', CAST(first_date AS TIMESTAMP)), CAST(last_date AS TIMESTAMP), INTERVAL 1 MONTH)) AS DATE) AS churn_month
    FROM mart.dim_list_spans
    WHERE list_name = 'subscribers'
),
closed AS (
    SELECT m.creator_id, m.churn_month, last_day(m.churn_month) AS month_end
    FROM months m
    JOIN mart.dim_list_spans s ON s.creator_id = m.creator_id AND s.list_name = 'subscribers'
    WHERE m.churn_month > s.first_date AND last_day(m.churn_month) <= s.last_date AND last_day(m.churn_month) < s.today_date
),
reads AS (
    SELECT creator_id, CAST(date_trunc('month', read_date) AS DATE) AS churn_month, count(*) AS list_reads
    FROM mart.fct_list_reads
    WHERE list_name = 'subscribers'
    GROUP BY ALL
),
states AS MATERIALIZED (
    SELECT creator_id, snapshot_date, coalesce(active_paying_subscribers, 0) AS paying, coalesce(mrr_cents, 0) AS mrr_cents FROM mart.agg_mrr
),
daily AS (
    SELECT m.creator_id, CAST(date_trunc('month', m.movement_date) AS DATE) AS churn_month, sum(CAST(m.churned_count AS DOUBLE) / nullif(s.paying, 0)) AS rate
    FROM mart.agg_subscriber_movements_day m
    JOIN states s ON s.creator_id = m.creator_id AND s.snapshot_date = m.movement_date - 1
    GROUP BY ALL
),
figures AS (
    SELECT
        c.creator_id,
        c.churn_month,
        coalesce(r.list_reads, 0) AS list_reads,
        a.paying AS subscribers_start,
        coalesce(b.joined_count, 0) AS joined,
        coalesce(b.reactivated_count, 0) AS reactivated,
        coalesce(b.churned_count, 0) AS churned,
        z.paying AS subscribers_end,
        CASE WHEN r.list_reads > 0 THEN nullif(a.paying, 0) END AS base,
        CASE WHEN r.list_reads > 0 THEN nullif(a.mrr_cents, 0) END AS mrr_base,
        coalesce(d.rate, 0) AS daily_rate,
        a.mrr_cents AS mrr_start_cents,
        coalesce(b.new_mrr_cents, 0) AS new_mrr_cents,
        coalesce(b.reactivation_mrr_cents, 0) AS reactivation_mrr_cents,
        coalesce(b.expansion_mrr_cents, 0) AS expansion_mrr_cents,
        coalesce(b.contraction_mrr_cents, 0) AS contraction_mrr_cents,
        coalesce(b.churned_mrr_cents, 0) AS churned_mrr_cents,
        z.mrr_cents AS mrr_end_cents
    FROM closed c
    JOIN states a ON a.creator_id = c.creator_id AND a.snapshot_date = c.churn_month - 1
    JOIN states z ON z.creator_id = c.creator_id AND z.snapshot_date = c.month_end
    LEFT JOIN reads r ON r.creator_id = c.creator_id AND r.churn_month = c.churn_month
    LEFT JOIN mart.agg_subscriber_movements_month b ON b.creator_id = c.creator_id AND b.movement_month = c.churn_month
    LEFT JOIN daily d ON d.creator_id = c.creator_id AND d.churn_month = c.churn_month
)
SELECT
    creator_id,
    churn_month,
    list_reads,
    subscribers_start,
    joined,
    reactivated,
    churned,
    subscribers_end,
    round(CAST(churned AS DOUBLE) / base, 4) AS customer_churn_rate,
    round(1 - CAST(churned AS DOUBLE) / base, 4) AS retention_rate,
    CASE WHEN list_reads > 0 THEN round(CAST(churned AS DOUBLE) / nullif(subscribers_start + joined, 0), 4) END AS churn_rate_stripe_style,
    CASE WHEN base > 0 THEN round(daily_rate, 4) END AS churn_rate_daily_sum,
    mrr_start_cents,
    new_mrr_cents,
    reactivation_mrr_cents,
    expansion_mrr_cents,
    contraction_mrr_cents,
    churned_mrr_cents,
    mrr_end_cents,
    round(CAST(churned_mrr_cents + contraction_mrr_cents AS DOUBLE) / mrr_base, 4) AS gross_mrr_churn_rate,
    round(CAST(churned_mrr_cents + contraction_mrr_cents - expansion_mrr_cents - reactivation_mrr_cents AS DOUBLE) / mrr_base, 4) AS net_mrr_churn_rate
FROM figures
