-- What changed of a fan's subscription from the end of one day to that of the next. Days on which nothing changed have no row, a renewal at the same price neither: sums over these
-- rows give the state of any day.
-- grain: one row per creator, fan and day on which activity, payment, monthly value or automatic renewal changed
-- key: creator_id, fan_id, movement_date
-- sources: fanvue.subscribers_history, mart.fct_subscription_periods, mart.dim_creators, mart.dim_utc_offsets
-- build: day
-- day: movement_date
-- groups: creators
-- example: SELECT movement, count(*) AS fans FROM mart.fct_subscriber_movements WHERE movement_date BETWEEN DATE '2026-02-01' AND DATE '2026-02-28' GROUP BY movement
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   fan_id: Fan, as pseudonym.
--   movement_date: Day in the creator's reporting time zone: that of the walk which found the change, or on which the period of a cancelled subscription ends. Such ends may lie ahead.
--       Rows of the day of the first list and before are what was found, not what happened.
--   movement: new, reactivation, expansion, contraction or churn, as MRR moved; NULL where it did not (trials, automatic renewal). A reactivation is a new paying fan who paid before or
--       had subscribed before the history began; a trial that is paid for is new.
--   is_active_before: Whether the fan was active at the end of the day before.
--   is_active: Whether the fan is active at the end of the day.
--   is_trial_before: Whether that was a trial.
--   is_trial: Whether this is a trial.
--   is_paying_before: Whether the fan was paying at the end of the day before.
--   is_paying: Whether the fan is paying at the end of the day.
--   is_unpriced_before: Whether the fan was active and it was not known what was paid.
--   is_unpriced: Whether the fan is active and it is not known what was paid.
--   is_renewing_before: Whether the fan was paying and the subscription renewed by itself.
--   is_renewing: Whether the fan is paying and the subscription renews by itself.
--   mrr_before_cents: Monthly recurring revenue at the end of the day before, US cents; 0 unless paying.
--   mrr_cents: Monthly recurring revenue at the end of the day, US cents; 0 unless paying.
--   started_at: Where the fan became active: when the subscription began (UTC), as far as the platform says; first_subscribed_at, or of a fan who came back the start of the period.
--   ended_at: Where the fan is no longer active: when the subscription ended (UTC): the end of the last period, or the walk that no longer found the fan if that was earlier.
--   reporting_timezone: IANA time zone of movement_date.
WITH spans AS (
    SELECT *
    FROM mart.fct_subscription_periods
    WHERE is_active AND creator_id BETWEEN getvariable('first_creator') AND getvariable('last_creator')
        -- The first condition follows from the second and spares working out what lies far back.
        AND (valid_from >= CAST(getvariable('changed_from') AS TIMESTAMP) - INTERVAL 1 DAY
            OR coalesce(valid_to, current_period_end_at) >= CAST(getvariable('changed_from') AS TIMESTAMP) - INTERVAL 1 DAY)
        AND (valid_from >= CAST(getvariable('changed_from') AS TIMESTAMP) - INTERVAL 1 DAY
            OR active_until_at >= CAST(getvariable('changed_from') AS TIMESTAMP) - INTERVAL 1 DAY)
),
-- Walks are few, so their days are worked out once for all the fans they found.
instants AS (
    SELECT i.reporting_timezone, i.instant_at, CAST(CASE
            WHEN z.utc_offset IS NOT NULL THEN i.instant_at + z.utc_offset
            ELSE (i.instant_at AT TIME ZONE 'UTC') AT TIME ZONE i.reporting_timezone
        END AS DATE) AS local_date
    FROM (SELECT reporting_timezone, valid_from AS instant_at FROM spans UNION SELECT reporting_timezone, active_until_at FROM spans WHERE active_until_at IS NOT NULL) i
    LEFT JOIN mart.dim_utc_offsets z ON z.reporting_timezone = i.reporting_timezone AND z.utc_date = CAST(i.instant_at AS DATE)
),
dated AS (
    SELECT s.*, f.local_date AS first_date, u.local_date AS end_date
    FROM spans s
    JOIN instants f ON f.reporting_timezone = s.reporting_timezone AND f.instant_at = s.valid_from
    LEFT JOIN instants u ON u.reporting_timezone = s.reporting_timezone AND u.instant_at = s.active_until_at
    WHERE coalesce(f.local_date < u.local_date, true)
),
edges AS (
    SELECT *, first_date AS movement_date, true AS is_after FROM dated WHERE first_date >= getvariable('changed_from')
    UNION ALL
    SELECT *, end_date, false FROM dated WHERE end_date >= getvariable('changed_from')
),
moved AS (
    SELECT
        creator_id,
        fan_id,
        movement_date,
        any_value(reporting_timezone) AS reporting_timezone,
        bool_or(NOT is_after) AS is_active_before,
        bool_or(is_after) AS is_active,
        coalesce(bool_or(is_trial) FILTER (NOT is_after), false) AS is_trial_before,
        coalesce(bool_or(is_trial) FILTER (is_after), false) AS is_trial,
        coalesce(bool_or(is_paying) FILTER (NOT is_after), false) AS is_paying_before,
        coalesce(bool_or(is_paying) FILTER (is_after), false) AS is_paying,
        coalesce(bool_or(mrr_cents IS NULL) FILTER (NOT is_after), false) AS is_unpriced_before,
        coalesce(bool_or(mrr_cents IS NULL) FILTER (is_after), false) AS is_unpriced,
        coalesce(bool_or(is_paying AND has_auto_renew) FILTER (NOT is_after), false) AS is_renewing_before,
        coalesce(bool_or(is_paying AND has_auto_renew) FILTER (is_after), false) AS is_renewing,
        coalesce(max(mrr_cents) FILTER (NOT is_after), 0) AS mrr_before_cents,
        coalesce(max(mrr_cents) FILTER (is_after), 0) AS mrr_cents,
        min(valid_from) FILTER (is_after) AS found_at,
        min(first_subscribed_at) FILTER (is_after) AS first_subscribed_at,
        min(current_period_start_at) FILTER (is_after) AS period_start_at,
        min(least(active_until_at, greatest(current_period_end_at, valid_from))) FILTER (NOT is_after) AS ended_at
    FROM edges
    GROUP BY creator_id, fan_id, movement_date
    HAVING (is_active_before, is_trial_before, is_paying_before, is_unpriced_before, is_renewing_before, mrr_before_cents)
        <> (is_active, is_trial, is_paying, is_unpriced, is_renewing, mrr_cents)
),
-- What came before those who come: the fan's first interval, and the first paid one.
earlier AS (
    SELECT creator_id, fan_id, min(valid_from) AS seen_from, min(valid_from) FILTER (is_paying) AS paid_from
    FROM mart.fct_subscription_periods
    SEMI JOIN (SELECT creator_id, fan_id FROM moved WHERE NOT is_active_before OR is_paying AND NOT is_paying_before) USING (creator_id, fan_id)
    GROUP BY creator_id, fan_id
),
histories AS (
    SELECT creator_id, min(valid_from) AS began_at FROM fanvue.subscribers_history GROUP BY creator_id
),
known AS (
    SELECT
        m.*,
        m.first_subscribed_at < h.began_at AND e.seen_from > h.began_at AS is_from_before,
        -- On an earlier day; days only have to be worked out for what lies close together.
        CASE
            WHEN e.seen_from >= m.found_at OR e.seen_from IS NULL THEN false
            WHEN e.seen_from <= m.found_at - INTERVAL 26 HOUR THEN true
            ELSE CAST((e.seen_from AT TIME ZONE 'UTC') AT TIME ZONE m.reporting_timezone AS DATE) < m.movement_date
        END AS was_seen,
        CASE
            WHEN e.paid_from >= m.found_at OR e.paid_from IS NULL THEN false
            WHEN e.paid_from <= m.found_at - INTERVAL 26 HOUR THEN true
            ELSE CAST((e.paid_from AT TIME ZONE 'UTC') AT TIME ZONE m.reporting_timezone AS DATE) < m.movement_date
        END AS has_paid
    FROM moved m
    LEFT JOIN earlier e ON e.creator_id = m.creator_id AND e.fan_id = m.fan_id
    LEFT JOIN histories h ON h.creator_id = m.creator_id
)
SELECT
    creator_id,
    fan_id,
    movement_date,
    CASE
        WHEN is_paying AND NOT is_paying_before THEN
            CASE WHEN has_paid OR NOT is_active_before AND coalesce(is_from_before, false) THEN 'reactivation' ELSE 'new' END
        WHEN is_paying_before AND NOT is_paying THEN 'churn'
        WHEN mrr_cents > mrr_before_cents THEN 'expansion'
        WHEN mrr_cents < mrr_before_cents THEN 'contraction'
    END AS movement,
    is_active_before,
    is_active,
    is_trial_before,
    is_trial,
    is_paying_before,
    is_paying,
    is_unpriced_before,
    is_unpriced,
    is_renewing_before,
    is_renewing,
    mrr_before_cents,
    mrr_cents,
    CASE
        WHEN NOT is_active_before AND (was_seen OR coalesce(is_from_before, false)) THEN coalesce(period_start_at, first_subscribed_at, found_at)
        WHEN NOT is_active_before THEN coalesce(first_subscribed_at, period_start_at, found_at)
    END AS started_at,
    CASE WHEN NOT is_active THEN ended_at END AS ended_at,
    reporting_timezone
FROM known
