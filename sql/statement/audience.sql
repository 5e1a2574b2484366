-- Fans on the list of subscribers at two instants, and the complete walks of the list that bound them.
WITH walks AS (
    SELECT walk_start_at
    FROM meta.slices
    WHERE stream = 'subscribers' AND is_complete AND creator_id = CAST($1 AS UUID)
),
fans AS (
    SELECT fan_id,
        bool_or(valid_from <= $2 AND coalesce(valid_to > $2, true)) AS at_start,
        bool_or(valid_from <= $3 AND coalesce(valid_to > $3, true)) AS at_end
    FROM fanvue.subscribers_history
    WHERE creator_id = CAST($1 AS UUID)
    GROUP BY fan_id
)
SELECT
    (SELECT max(walk_start_at) FROM walks WHERE walk_start_at <= $2) AS walked_before_at,
    (SELECT min(walk_start_at) FROM walks WHERE walk_start_at >= $3) AS walked_behind_at,
    count(*) FILTER (at_start) AS at_start,
    count(*) FILTER (at_end AND NOT at_start) AS joined,
    count(*) FILTER (at_start AND NOT at_end) AS lost,
    count(*) FILTER (at_end) AS at_end
FROM fans
