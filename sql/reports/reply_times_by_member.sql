-- How fast each member of the team answers.
-- answers: Which member of the team answers fans, and how fast?
-- needs: messages
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month. First month of the fans' turns, in the creator's time zone.
--   to: month, default last month. Last month.
-- columns:
--   member: Member of the team; (creator) for answers that name no member.
--   answered: Turns of fans that the member answered; those that nobody answered are in response_times alone.
--   median_seconds: Median time from the first message of the turn to the answer.
--   p90_seconds: 90th percentile of it.
--   within_5min: Turns answered within five minutes per turn answered.
SELECT
    CASE WHEN r.sent_by_user_id IS NULL THEN '(creator)' ELSE coalesce(any_value(t.member_label), CAST(r.sent_by_user_id AS VARCHAR)) END AS member,
    count(*) AS answered,
    round(median(r.response_seconds), 1) AS median_seconds,
    round(quantile_cont(r.response_seconds, 0.9), 1) AS p90_seconds,
    round(count(*) FILTER (r.response_seconds <= 300) / count(*), 4) AS within_5min
FROM mart.fct_chat_replies r
LEFT JOIN mart.dim_team_members t ON t.user_id = r.sent_by_user_id
WHERE r.replied_at IS NOT NULL AND r.turn_date >= $from AND r.turn_date < CAST($to AS DATE) + INTERVAL 1 MONTH
    AND ($creator IS NULL OR r.creator_id = CAST($creator AS UUID))
GROUP BY r.sent_by_user_id
ORDER BY median_seconds, member, r.sent_by_user_id
