-- Earnings of a creator's months by source; a reversal counts in its own month, under the source of the sale it takes back.
-- grain: one row per creator, month of the creator's time zone and attributed source
-- key: creator_id, earned_month, source
-- sources: mart.fct_earnings
-- build: month
-- example: SELECT source, gross_cents, reversed_gross_cents FROM mart.agg_creator_month_source
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   earned_month: First day of the month in the creator's reporting time zone.
--   source: Attributed source; unattributed collects reversals whose sale is not known.
--   gross_cents: Gross of rows that are no reversals, US cents.
--   reversed_gross_cents: Gross of reversals, zero or negative, US cents.
--   fee_cents: Gross less net of all rows, US cents.
--   net_cents: Net of all rows, US cents.
--   sales_count: Rows that are no reversals.
--   reversal_count: Rows that are reversals.
SELECT
    f.creator_id,
    f.earned_month,
    f.attributed_source AS source,
    CAST(coalesce(sum(f.gross_cents) FILTER (NOT f.is_reversal), 0) AS BIGINT) AS gross_cents,
    CAST(coalesce(sum(f.gross_cents) FILTER (f.is_reversal), 0) AS BIGINT) AS reversed_gross_cents,
    CAST(sum(f.fee_cents) AS BIGINT) AS fee_cents,
    CAST(sum(f.net_cents) AS BIGINT) AS net_cents,
    count(*) FILTER (NOT f.is_reversal) AS sales_count,
    count(*) FILTER (f.is_reversal) AS reversal_count
FROM mart.fct_earnings f
SEMI JOIN temp.touched t ON t.creator_id = f.creator_id AND t.month = f.earned_month
WHERE f.earned_at >= getvariable('touched_from') AND f.earned_at < getvariable('touched_to')
GROUP BY f.creator_id, f.earned_month, f.attributed_source
