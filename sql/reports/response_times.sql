-- How fast fans are answered.
-- answers: How long do fans wait for the answer of a person, and how many get none?
-- needs: messages
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 5. First month of the fans' turns, in the creator's time zone.
--   to: month, default this month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   turn_month: First day of the month.
--   fan_turns: Turns of fans: runs of their messages.
--   answered: Turns with an answer of a person.
--   unanswered: Turns without one.
--   median_seconds: Median time to the answer, answered turns only.
--   p90_seconds: 90th percentile of it.
--   within_5min_of_all: Turns answered within five minutes per turn.
SELECT
    coalesce(any_value(d.label), CAST(r.creator_id AS VARCHAR)) AS creator,
    CAST(date_trunc('month', r.turn_date) AS DATE) AS turn_month,
    count(*) AS fan_turns,
    count(r.replied_at) AS answered,
    count(*) - count(r.replied_at) AS unanswered,
    round(median(r.response_seconds), 1) AS median_seconds,
    round(quantile_cont(r.response_seconds, 0.9), 1) AS p90_seconds,
    round(count(*) FILTER (r.response_seconds <= 300) / count(*), 4) AS within_5min_of_all
FROM mart.fct_chat_replies r
LEFT JOIN mart.dim_creators d ON d.creator_id = r.creator_id
WHERE r.turn_date >= $from AND r.turn_date < CAST($to AS DATE) + INTERVAL 1 MONTH
    AND ($creator IS NULL OR r.creator_id = CAST($creator AS UUID))
GROUP BY r.creator_id, turn_month
ORDER BY creator, r.creator_id, turn_month
