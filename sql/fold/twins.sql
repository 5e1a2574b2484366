-- One earning has another identity on each surface: the older one has reversals without order ids, and sometimes sales too, or another gross.
-- A row of an older surface gives way to its twin on a newer one: the same instant, kind and net, and no other order. Of rows that are equal in
-- this, as many give way as have twins. That depends on the rows alone, not on what was covered or in which order: so no earning is doubled or lost
-- between the first and the last page that a new surface brings, nor when an account goes back to the older one. What a row had of fan, message and
-- post its twin keeps.
CREATE OR REPLACE TEMP TABLE instants AS
SELECT t.creator_id, t.earning_id, t.earned_at, t.source, t.gross_cents, t.net_cents, t.transaction_order_id, t.reversed_transaction_order_id, t.removed_at,
    t.fan_id, t.message_id, t.post_id, t._fetched_at, t._run_seq,
    CASE WHEN t.source = 'chargeback' THEN 'chargeback' WHEN t.source = 'refund' OR t.reversed_transaction_order_id IS NOT NULL THEN 'refund' ELSE t.source END AS kind
FROM fanvue.earnings t
SEMI JOIN temp.seen d ON d.creator_id = t.creator_id AND d.earned_at = t.earned_at;
CREATE OR REPLACE TEMP TABLE ranked AS
SELECT i.*, r.surface_rank
FROM temp.instants i
JOIN (
    SELECT n._run_seq, max(o.surface_rank) AS surface_rank
    FROM (SELECT DISTINCT _run_seq FROM temp.instants) n
    JOIN temp.read_on o ON n._run_seq BETWEEN o.first_seq AND o.last_seq
    GROUP BY n._run_seq
) r ON r._run_seq = i._run_seq;
CREATE OR REPLACE TEMP TABLE twins AS
WITH pairs AS (
    SELECT o.creator_id, o.earning_id, o.earned_at, o.kind, o.net_cents, o.transaction_order_id, o.removed_at, o._fetched_at, o.fan_id, o.message_id, o.post_id,
        count(*) AS newer, bool_or(n.gross_cents = o.gross_cents) AS has_gross, min(n.earning_id) AS twin_id
    FROM temp.ranked o
    JOIN temp.ranked n ON n.creator_id = o.creator_id AND n.earned_at = o.earned_at AND n.kind = o.kind AND n.net_cents = o.net_cents
    WHERE n.surface_rank > o.surface_rank
        AND (o.transaction_order_id IS NULL OR n.transaction_order_id = o.transaction_order_id)
        AND (n.source, n.gross_cents, n.transaction_order_id, n.reversed_transaction_order_id)
            IS DISTINCT FROM (o.source, o.gross_cents, o.transaction_order_id, o.reversed_transaction_order_id)
    GROUP BY ALL
)
SELECT *
FROM pairs
QUALIFY row_number() OVER (PARTITION BY creator_id, earned_at, kind, net_cents, transaction_order_id ORDER BY has_gross DESC, earning_id) <= newer;
INSERT INTO load.changed_earnings
SELECT creator_id, earned_at, transaction_order_id FROM temp.twins WHERE removed_at IS NULL;
UPDATE fanvue.earnings t SET removed_at = w._fetched_at FROM temp.twins w
WHERE w.removed_at IS DISTINCT FROM w._fetched_at AND t.creator_id = w.creator_id AND t.earning_id = w.earning_id AND t.earned_at = w.earned_at;
UPDATE fanvue.earnings t SET fan_id = coalesce(t.fan_id, w.fan_id), message_id = coalesce(t.message_id, w.message_id), post_id = coalesce(t.post_id, w.post_id)
FROM temp.twins w
WHERE w.newer = 1 AND t.creator_id = w.creator_id AND t.earning_id = w.twin_id AND t.earned_at = w.earned_at
    AND (t.fan_id IS NULL AND w.fan_id IS NOT NULL OR t.message_id IS NULL AND w.message_id IS NOT NULL OR t.post_id IS NULL AND w.post_id IS NOT NULL);
DELETE FROM meta.suspects u USING temp.twins w
WHERE u.reason = 'missing' AND u.stream = 'earnings' AND u.creator_id = w.creator_id AND u.earning_id = w.earning_id
