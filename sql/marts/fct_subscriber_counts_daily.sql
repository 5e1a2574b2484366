-- Subscriptions that began and ended, as the platform counts them itself. Keep them apart from mart.agg_mrr: trials, fans who come back, and those later refunded or banned count as new.
-- grain: one row per creator and UTC day that the platform has figures of
-- key: creator_id, bucket_date
-- sources: fanvue.subscriber_counts
-- build: view
-- example: SELECT bucket_date, new_subscribers_count - cancelled_subscribers_count AS net_change FROM mart.fct_subscriber_counts_daily ORDER BY bucket_date
-- columns:
--   bucket_date: UTC day, whatever the creator's reporting time zone.
--   net_change_count: New less cancelled subscriptions of the day; no head count follows from it.
SELECT
    creator_id,
    bucket_date,
    new_subscribers_count,
    cancelled_subscribers_count,
    new_subscribers_count - cancelled_subscribers_count AS net_change_count
FROM fanvue.subscriber_counts
