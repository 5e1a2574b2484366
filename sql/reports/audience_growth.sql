-- Followers and subscribers at the end of each month.
-- answers: Does the audience grow, by the lists and by what the account says itself?
-- needs: account snapshots
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 11. First month, in the creator's time zone.
--   to: month, default this month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   audience_date: Last day of the month that is known, in the creator's time zone.
--   followers: Fans on the list of followers; NULL where it is not known.
--   active_subscribers: Fans whose subscription runs; NULL where the list is not known.
--   active_paying_subscribers: Those who paid for their period.
--   followers_reported: Followers as the account counts them, contactable ones only.
--   subscribers_reported: Subscribers as the account counts them.
--   active_change: Change of active_subscribers against the month before in the list.
--   followers_reported_change: Change of followers_reported.
WITH ends AS (
    SELECT * FROM mart.fct_audience_daily
    WHERE audience_date >= CAST($from AS DATE) - INTERVAL 1 MONTH AND audience_date < CAST($to AS DATE) + INTERVAL 1 MONTH
        AND ($creator IS NULL OR creator_id = CAST($creator AS UUID))
    QUALIFY row_number() OVER (PARTITION BY creator_id, date_trunc('month', audience_date) ORDER BY audience_date DESC) = 1
),
compared AS (
    SELECT *,
        active_subscribers - lag(active_subscribers) OVER w AS active_change,
        followers_reported - lag(followers_reported) OVER w AS followers_reported_change
    FROM ends
    WINDOW w AS (PARTITION BY creator_id ORDER BY audience_date)
)
SELECT
    coalesce(d.label, CAST(c.creator_id AS VARCHAR)) AS creator,
    c.audience_date,
    c.followers,
    c.active_subscribers,
    c.active_paying_subscribers,
    c.followers_reported,
    c.subscribers_reported,
    c.active_change,
    c.followers_reported_change
FROM compared c
LEFT JOIN mart.dim_creators d ON d.creator_id = c.creator_id
WHERE c.audience_date >= $from
ORDER BY creator, c.creator_id, c.audience_date
