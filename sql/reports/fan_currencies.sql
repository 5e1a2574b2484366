-- Currencies that fans pay in.
-- answers: In which currencies do fans pay, and so roughly where do they live?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 11. First month, in the creator's time zone.
--   to: month, default last month. Last month.
-- columns:
--   fan_currency: Currency of the payment; NULL where the platform does not say. Amounts are US cents all the same.
--   sales_count: Sales.
--   paying_fans: Distinct fans.
--   gross_sales_cents: Gross of what fans paid, reversals left out, US cents.
--   gross_share: Share of all currencies.
WITH currencies AS (
    SELECT f.fan_currency, count(*) AS sales_count, count(DISTINCT f.fan_id) AS paying_fans,
        CAST(sum(f.gross_cents) AS BIGINT) AS gross_sales_cents
    FROM mart.fct_earnings f
    WHERE f.is_fan_paid AND NOT f.is_reversal AND f.earned_month BETWEEN $from AND $to
        AND ($creator IS NULL OR f.creator_id = CAST($creator AS UUID))
    GROUP BY f.fan_currency
)
SELECT fan_currency, sales_count, paying_fans, gross_sales_cents,
    round(gross_sales_cents / nullif(sum(gross_sales_cents) OVER (), 0), 4) AS gross_share
FROM currencies
ORDER BY gross_sales_cents DESC, fan_currency
