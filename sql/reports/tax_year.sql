-- Totals of tax years.
-- answers: What is to be declared for a tax year: gross, the platform's fee as an expense, and net?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   start_month: integer from 1, default 1. Month in which the tax year begins, such as 4.
--   start_day: integer from 1, default 1. Day on which it begins, such as 6.
--   currency: text, default USD. Currency to convert to at the rates of the configuration, such as GBP.
-- columns:
--   creator: Label of the creator, else the handle.
--   tax_year_start: Calendar year in which the tax year begins.
--   gross_incl_reversals_cents: Gross of all rows, reversals and rewards included, US cents.
--   platform_fee_cents: Gross less net of all rows, US cents.
--   net_cents: Net of all rows, US cents.
--   currency: The currency of the following.
--   gross_converted: Gross in that currency, at the rate of each month; NULL where a rate is missing.
--   fee_converted: Fee, likewise.
--   net_converted: Net, likewise.
--   rows_without_rate: Rows of months whose rate is missing.
SELECT
    coalesce(d.label, CAST(t.creator_id AS VARCHAR)) AS creator,
    t.tax_year_start,
    t.gross_incl_reversals_cents,
    t.platform_fee_cents,
    t.net_cents,
    t.currency,
    t.gross_converted,
    t.fee_converted,
    t.net_converted,
    t.rows_without_rate
FROM mart.tax_year($start_month, $start_day, $currency) t
LEFT JOIN mart.dim_creators d ON d.creator_id = t.creator_id
WHERE $creator IS NULL OR t.creator_id = CAST($creator AS UUID)
ORDER BY creator, t.creator_id, t.tax_year_start
