-- Every creator and month that has earnings, into temp.touched_sales.
INSERT INTO temp.touched_sales
SELECT DISTINCT creator_id, earned_month FROM mart.fct_earnings
