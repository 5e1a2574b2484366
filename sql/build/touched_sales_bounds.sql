-- Bounds of the instants that the months of temp.touched_sales can hold in any time zone, for pruning; NULL if there are none.
SET VARIABLE sales_from = (SELECT CAST(min(month) AS TIMESTAMP) - INTERVAL 2 DAY FROM temp.touched_sales);
SET VARIABLE sales_to = (SELECT CAST(max(month) AS TIMESTAMP) + INTERVAL 1 MONTH + INTERVAL 2 DAY FROM temp.touched_sales);
