-- What a subscriber may be expected to bring, from the last closed months: an estimate, for creators of whom at least three are known.
-- grain: one row per creator with at least three closed months of earnings and known churn
-- key: creator_id
-- sources: mart.agg_churn_month, mart.agg_arpu_month, mart.agg_creator_month
-- build: view
-- example: SELECT creator_id, predicted_ltv_net_cents FROM mart.rpt_predicted_ltv
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   first_month: First of the months that were used, in the creator's reporting time zone.
--   last_month: Last of them.
--   months_count: How many: the newest twelve at most.
--   arpu_net_cents: Creator's earnings from sales of these months divided by the sum of their average active subscribers: a month's ARPU, US cents.
--   customer_churn_rate: Churned fans of these months divided by the sum of paying fans at their starts: a month's churn, four digits.
--   predicted_ltv_net_cents: arpu_net_cents divided by the churn rate, US cents (ARPU over churn, the textbook's estimate); NULL if nobody churned.
WITH months AS (
    SELECT c.creator_id, c.churn_month, c.churned, c.subscribers_start, m.creator_sales_earnings_cents, a.avg_active_subscribers
    FROM mart.agg_churn_month c
    JOIN mart.agg_arpu_month a ON a.creator_id = c.creator_id AND a.earned_month = c.churn_month
    JOIN mart.agg_creator_month m ON m.creator_id = c.creator_id AND m.earned_month = c.churn_month
    WHERE c.customer_churn_rate IS NOT NULL AND a.avg_active_subscribers > 0
    QUALIFY row_number() OVER (PARTITION BY c.creator_id ORDER BY c.churn_month DESC) <= 12
),
sums AS (
    SELECT
        creator_id,
        min(churn_month) AS first_month,
        max(churn_month) AS last_month,
        count(*) AS months_count,
        sum(creator_sales_earnings_cents) / sum(avg_active_subscribers) AS arpu,
        CAST(sum(churned) AS DOUBLE) / sum(subscribers_start) AS churn
    FROM months
    GROUP BY creator_id
    HAVING count(*) >= 3
)
SELECT
    creator_id,
    first_month,
    last_month,
    months_count,
    CAST(round(arpu) AS BIGINT) AS arpu_net_cents,
    round(churn, 4) AS customer_churn_rate,
    CAST(round(arpu / nullif(churn, 0)) AS BIGINT) AS predicted_ltv_net_cents
FROM sums
