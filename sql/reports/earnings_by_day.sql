-- Earnings by day.
-- answers: What did each day bring, of one creator or of all together?
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: date, default today - 30. First day, in each creator's time zone.
--   to: date, default today. Last day.
-- columns:
--   earned_date: Day; one without rows is listed with zeros, which is true only of a day that was read.
--   gross_sales_cents: Gross of what fans paid, reversals left out, US cents.
--   reversals_gross_cents: Gross of what takes sales back, zero or negative, US cents.
--   platform_fees_cents: Gross less net of what fans paid, US cents.
--   rewards_cents: Net of what no fan paid, US cents.
--   net_earnings_cents: Net of all rows, US cents.
--   sales_count: Sales.
SELECT
    t.date_day AS earned_date,
    CAST(coalesce(sum(a.gross_sales_cents), 0) AS BIGINT) AS gross_sales_cents,
    CAST(coalesce(sum(a.reversals_gross_cents), 0) AS BIGINT) AS reversals_gross_cents,
    CAST(coalesce(sum(a.platform_fees_cents), 0) AS BIGINT) AS platform_fees_cents,
    CAST(coalesce(sum(a.rewards_cents), 0) AS BIGINT) AS rewards_cents,
    CAST(coalesce(sum(a.net_earnings_cents), 0) AS BIGINT) AS net_earnings_cents,
    CAST(coalesce(sum(a.sales_count), 0) AS BIGINT) AS sales_count
FROM mart.dim_dates t
LEFT JOIN mart.agg_creator_day a
    ON a.earned_date = t.date_day AND ($creator IS NULL OR a.creator_id = CAST($creator AS UUID))
WHERE t.date_day BETWEEN $from AND $to
GROUP BY t.date_day
ORDER BY t.date_day
