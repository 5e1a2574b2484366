-- Response times of a creator's days (M14), by the day on which the fan's turn began.
-- grain: one row per creator and day of the creator's time zone with a turn of a fan
-- key: creator_id, day
-- sources: mart.fct_chat_replies
-- build: view
-- example: SELECT day, median_seconds, within_5min_of_all FROM mart.agg_response_time_day ORDER BY day
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   day: Day of the turn in the creator's reporting time zone.
--   fan_turns: Turns of fans.
--   answered: Turns with an answer.
--   unanswered: Turns without one; in no time, but in within_5min_of_all.
--   median_seconds: Median seconds to the answer, answered turns only.
--   p90_seconds: 90th percentile of the seconds to the answer, answered turns only.
--   within_5min_of_all: Turns answered within 300 seconds / fan_turns, 0 to 1.
SELECT
    creator_id,
    turn_date AS day,
    count(*) AS fan_turns,
    count(replied_at) AS answered,
    count(*) - count(replied_at) AS unanswered,
    median(response_seconds) AS median_seconds,
    quantile_cont(response_seconds, 0.9) AS p90_seconds,
    round(count(*) FILTER (response_seconds <= 300) / count(*), 4) AS within_5min_of_all
FROM mart.fct_chat_replies
GROUP BY creator_id, turn_date
