-- Totals of tax years (M18) that begin on a day of the calendar, such as 6 April: tax_year(4, 6, 'GBP'); in US cents and, at the rates of cfg.fx_rates, in another currency. A rate that is missing makes the converted totals NULL, never a rate of 1; 'USD' needs none.
-- grain: one row per creator and tax year that has earnings
-- key: creator_id, tax_year_start
-- sources: mart.fct_earnings, cfg.fx_rates
-- build: macro
-- parameters: start_month, start_day, quote_ccy
-- example: SELECT * FROM mart.tax_year(4, 6, 'GBP')
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   tax_year_start: Calendar year in which the tax year begins, in the creator's time zone.
--   gross_incl_reversals_cents: Gross of all rows, reversals and rewards included, US cents.
--   platform_fee_cents: Gross less net of all rows, US cents.
--   net_cents: Net of all rows, US cents.
--   currency: The currency asked for.
--   gross_converted: gross_incl_reversals_cents in that currency, each row at the rate of its month, rounded once, half away from zero; DECIMAL.
--   fee_converted: platform_fee_cents, likewise.
--   net_converted: net_cents, likewise.
--   rows_without_rate: Earning rows of months whose rate is missing; above 0 the converted totals are NULL.
WITH days AS (
    SELECT creator_id, earned_date, sum(gross_cents) AS gross_cents, sum(fee_cents) AS fee_cents, sum(net_cents) AS net_cents, count(*) AS row_count
    FROM mart.fct_earnings
    GROUP BY creator_id, earned_date
),
months AS (
    SELECT
        creator_id,
        CASE WHEN (month(earned_date), day(earned_date)) >= (start_month, start_day) THEN year(earned_date) ELSE year(earned_date) - 1 END AS tax_year_start,
        CAST(date_trunc('month', earned_date) AS DATE) AS period_month,
        CAST(sum(gross_cents) AS BIGINT) AS gross_cents,
        CAST(sum(fee_cents) AS BIGINT) AS fee_cents,
        CAST(sum(net_cents) AS BIGINT) AS net_cents,
        CAST(sum(row_count) AS BIGINT) AS row_count
    FROM days
    GROUP BY ALL
),
rated AS (
    SELECT m.*, CASE WHEN quote_ccy = 'USD' THEN CAST(1 AS DECIMAL(18, 8)) ELSE x.rate END AS rate
    FROM months m
    LEFT JOIN cfg.fx_rates x ON x.period_month = m.period_month AND x.base = 'USD' AND x.quote = quote_ccy
)
SELECT
    creator_id,
    CAST(tax_year_start AS BIGINT) AS tax_year_start,
    CAST(sum(gross_cents) AS BIGINT) AS gross_incl_reversals_cents,
    CAST(sum(fee_cents) AS BIGINT) AS platform_fee_cents,
    CAST(sum(net_cents) AS BIGINT) AS net_cents,
    quote_ccy AS currency,
    CASE WHEN count(rate) = count(*) THEN CAST(round(sum(CAST(gross_cents AS DECIMAL(18, 0)) * rate) / 100, 2) AS DECIMAL(18, 2)) END AS gross_converted,
    CASE WHEN count(rate) = count(*) THEN CAST(round(sum(CAST(fee_cents AS DECIMAL(18, 0)) * rate) / 100, 2) AS DECIMAL(18, 2)) END AS fee_converted,
    CASE WHEN count(rate) = count(*) THEN CAST(round(sum(CAST(net_cents AS DECIMAL(18, 0)) * rate) / 100, 2) AS DECIMAL(18, 2)) END AS net_converted,
    CAST(coalesce(sum(row_count) FILTER (rate IS NULL), 0) AS BIGINT) AS rows_without_rate
FROM rated
GROUP BY creator_id, tax_year_start
