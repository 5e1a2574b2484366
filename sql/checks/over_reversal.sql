-- No order is taken back for more than it was sold for.
-- severity: data
-- columns:
--   creator_id: Creator.
--   transaction_order_id: Order; ids are compared within a creator only.
--   sold_gross_cents: Gross of the order's sales, US cents.
--   reversed_gross_cents: Gross of the reversals that name it, US cents.
WITH reversals AS (
    SELECT creator_id, reversed_transaction_order_id AS transaction_order_id, sum(gross_cents) AS gross_cents
    FROM mart.fct_earnings
    WHERE reversed_transaction_order_id IS NOT NULL
    GROUP BY creator_id, reversed_transaction_order_id
),
sales AS (
    SELECT creator_id, transaction_order_id, sum(gross_cents) AS gross_cents
    FROM mart.fct_earnings
    WHERE NOT is_reversal AND (creator_id, transaction_order_id) IN (SELECT creator_id, transaction_order_id FROM reversals)
    GROUP BY creator_id, transaction_order_id
)
SELECT r.creator_id, r.transaction_order_id, CAST(s.gross_cents AS BIGINT) AS sold_gross_cents, CAST(r.gross_cents AS BIGINT) AS reversed_gross_cents
FROM reversals r
JOIN sales s ON s.creator_id = r.creator_id AND s.transaction_order_id = r.transaction_order_id
WHERE s.gross_cents + r.gross_cents < 0
