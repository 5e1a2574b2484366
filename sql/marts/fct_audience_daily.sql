-- Followers and subscribers of every day: from the lists, and beside them as the account counts them.
-- grain: one row per creator and day on which a list or a count of the account is known
-- key: creator_id, audience_date
-- sources: fanvue.followers_history, fanvue.account_snapshots, mart.agg_mrr, mart.dim_list_spans, mart.dim_creators, meta.runs
-- build: view
-- example: SELECT audience_date, followers, active_subscribers FROM mart.fct_audience_daily ORDER BY audience_date
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   audience_date: Day in the creator's reporting time zone; figures are those of its last instant, of the newest run's own day those known so far.
--   followers: Fans on the list of followers; NULL on days of which no complete list is known. On the v1 surface subscribers who also follow are among them.
--   active_subscribers: Fans whose subscription runs, as in mart.agg_mrr; NULL on days of which no complete list is known.
--   active_paying_subscribers: Those who paid for their period, as in mart.agg_mrr.
--   auto_renewing_subscribers: Paying subscribers whose subscription renews by itself.
--   followers_reported: Followers as the account counts them, contactable ones only, by the newest snapshot; NULL before the first.
--   subscribers_reported: Subscribers as the account counts them, contactable ones only, by the newest snapshot; NULL before the first.
WITH changes AS (
    SELECT creator_id, changed_at, sum(change) AS change
    FROM (
        SELECT creator_id, valid_from AS changed_at, count(*) AS change FROM fanvue.followers_history GROUP BY ALL
        UNION ALL
        SELECT creator_id, valid_to, -count(*) FROM fanvue.followers_history WHERE valid_to IS NOT NULL GROUP BY ALL
    )
    GROUP BY creator_id, changed_at
),
follows AS (
    SELECT creator_id, changed_at, sum(change) OVER (PARTITION BY creator_id ORDER BY changed_at) AS followers FROM changes
),
spans AS (
    SELECT creator_id, first_date, last_date FROM mart.dim_list_spans
    UNION ALL
    SELECT creator_id,
        CAST((min(fetched_at) AT TIME ZONE 'UTC') AT TIME ZONE coalesce(any_value(reporting_timezone), 'UTC') AS DATE),
        CAST((least((SELECT max(server_time) FROM meta.runs), any_value(removed_at)) AT TIME ZONE 'UTC') AT TIME ZONE coalesce(any_value(reporting_timezone), 'UTC') AS DATE)
    FROM fanvue.account_snapshots
    LEFT JOIN mart.dim_creators USING (creator_id)
    GROUP BY creator_id
),
known AS (
    SELECT s.creator_id, coalesce(any_value(c.reporting_timezone), 'UTC') AS reporting_timezone, min(s.first_date) AS first_date, max(s.last_date) AS last_date
    FROM spans s
    LEFT JOIN mart.dim_creators c ON c.creator_id = s.creator_id
    GROUP BY s.creator_id
),
-- The ends of days are worked out once for all creators of a time zone.
days AS (
    SELECT reporting_timezone, CAST(unnest(generate_series(CAST(min(first_date) AS TIMESTAMP), CAST(max(last_date) AS TIMESTAMP), INTERVAL 1 DAY)) AS DATE) AS audience_date
    FROM known
    GROUP BY reporting_timezone
),
ends AS (
    SELECT k.creator_id, d.audience_date, d.end_at
    FROM (
        SELECT *, (CAST(audience_date + 1 AS TIMESTAMP) AT TIME ZONE reporting_timezone) AT TIME ZONE 'UTC' - INTERVAL 1 MICROSECOND AS end_at FROM days
    ) d
    JOIN known k ON k.reporting_timezone = d.reporting_timezone AND d.audience_date BETWEEN k.first_date AND k.last_date
)
SELECT
    e.creator_id,
    e.audience_date,
    CASE WHEN l.creator_id IS NOT NULL THEN CAST(coalesce(f.followers, 0) AS BIGINT) END AS followers,
    m.active_subscribers,
    m.active_paying_subscribers,
    m.auto_renewing_subscribers,
    a.followers AS followers_reported,
    a.subscribers AS subscribers_reported
FROM ends e
LEFT JOIN mart.dim_list_spans l ON l.creator_id = e.creator_id AND l.list_name = 'followers' AND e.audience_date BETWEEN l.first_date AND l.last_date
LEFT JOIN mart.agg_mrr m ON m.creator_id = e.creator_id AND m.snapshot_date = e.audience_date
ASOF LEFT JOIN follows f ON f.creator_id = e.creator_id AND f.changed_at <= e.end_at
ASOF LEFT JOIN fanvue.account_snapshots a ON a.creator_id = e.creator_id AND a.fetched_at <= e.end_at
