-- How long subscriptions last, and what one may bring.
-- answers: How long did subscriptions last that have ended, and what may a subscriber be expected to bring?
-- needs: lists of subscribers, closed months of subscribers
-- parameters:
--   creator: creator, default all. Only this creator.
-- columns:
--   creator: Label of the creator, else the handle.
--   ended_count: Subscriptions that ended since the lists are read, trials included.
--   mean_days: Mean of their days.
--   median_days: Median of their days.
--   months_count: Closed months that the estimate uses; NULL with fewer than three.
--   arpu_net_cents: A month's net of sales per active subscriber in them, US cents.
--   customer_churn_rate: A month's churn in them.
--   predicted_ltv_net_cents: Estimate: ARPU per churn, US cents; NULL if nobody churned.
SELECT
    coalesce(d.label, CAST(d.creator_id AS VARCHAR)) AS creator,
    l.ended_count,
    l.mean_days,
    l.median_days,
    v.months_count,
    v.arpu_net_cents,
    v.customer_churn_rate,
    v.predicted_ltv_net_cents
FROM mart.dim_creators d
LEFT JOIN mart.rpt_subscription_length l ON l.creator_id = d.creator_id
LEFT JOIN mart.rpt_predicted_ltv v ON v.creator_id = d.creator_id
WHERE (l.creator_id IS NOT NULL OR v.creator_id IS NOT NULL) AND ($creator IS NULL OR d.creator_id = CAST($creator AS UUID))
ORDER BY creator, d.creator_id
