-- Churn between two days.
-- answers: How many subscribers came and went between two days, by the three customary rates?
-- needs: lists of subscribers, days of subscribers
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: date, default today - 31. Day at whose end it begins, in the creator's time zone.
--   to: date, default yesterday. Day at whose end it ends.
-- columns:
--   creator: Label of the creator, else the handle.
--   subscribers_start: Paying fans at the end of from.
--   joined: Fans who pay at the end of to and did not at from.
--   churned: Fans who paid at from and do not at to; who came and went in between is in neither.
--   subscribers_end: Paying fans at the end of to.
--   customer_churn_rate: Churned per paying fan at the start (ChartMogul's standard).
--   retention_rate: 1 less that.
--   churn_rate_stripe_style: Churned per start and joined together (Stripe's rolling rate, over 30 days).
--   churn_rate_daily_sum: Sum of each day's rate (ChartMogul's option for high-volume monthly plans).
SELECT
    coalesce(d.label, CAST(c.creator_id AS VARCHAR)) AS creator,
    c.subscribers_start,
    c.joined,
    c.churned,
    c.subscribers_end,
    c.customer_churn_rate,
    c.retention_rate,
    c.churn_rate_stripe_style,
    c.churn_rate_daily_sum
FROM mart.churn(CAST($from AS DATE), CAST($to AS DATE)) c
LEFT JOIN mart.dim_creators d ON d.creator_id = c.creator_id
WHERE $creator IS NULL OR c.creator_id = CAST($creator AS UUID)
ORDER BY creator, c.creator_id
