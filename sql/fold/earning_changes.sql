-- What the marts have to look at again, unless they look at everything anyway.
INSERT INTO load.changed_earnings
SELECT DISTINCT creator_id, earned_at, transaction_order_id
FROM temp.change
WHERE NOT EXISTS (FROM load.changed_earnings WHERE creator_id IS NULL)
