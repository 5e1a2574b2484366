-- Status of earnings at first sight and at each change; before the rows themselves are changed.
INSERT INTO fanvue.earning_status_changes (creator_id, earning_id, status, seen_at)
WITH events AS (
    SELECT creator_id, earning_id, earned_at, transaction_order_status AS status, _fetched_at, _event,
        lag(transaction_order_status) OVER (PARTITION BY creator_id, earning_id ORDER BY _event) AS prior_status,
        lag(_event) OVER (PARTITION BY creator_id, earning_id ORDER BY _event) IS NULL AS is_first
    FROM temp.delta
)
SELECT e.creator_id, e.earning_id, e.status, e._fetched_at
FROM events e
LEFT JOIN fanvue.earnings t ON t.creator_id = e.creator_id AND t.earning_id = e.earning_id AND t.earned_at = e.earned_at
WHERE e.status IS NOT NULL
    AND e.status IS DISTINCT FROM CASE WHEN e.is_first THEN t.transaction_order_status ELSE e.prior_status END
ORDER BY e._event
