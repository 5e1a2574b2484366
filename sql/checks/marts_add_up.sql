-- Every mart of earnings has the gross, the net and the rows that the schema fanvue has.
-- severity: blocking
-- columns:
--   creator_id: Creator whose sums differ.
--   mart: Mart that differs.
--   gross_diff_cents: Gross of the mart less gross of fanvue.earnings, US cents; NULL where the mart has no gross of all rows.
--   net_diff_cents: Net of the mart less net of fanvue.earnings, US cents.
--   row_diff: Rows of the mart less rows of fanvue.earnings.
WITH ledger AS (
    SELECT creator_id, sum(gross_cents) AS gross_cents, sum(net_cents) AS net_cents, count(*) AS row_count
    FROM fanvue.earnings
    WHERE removed_at IS NULL
    GROUP BY creator_id
),
marts AS (
    SELECT 'fct_earnings' AS mart, creator_id, sum(gross_cents) AS gross_cents, sum(net_cents) AS net_cents, count(*) AS row_count
    FROM mart.fct_earnings GROUP BY creator_id
    UNION ALL
    SELECT 'agg_creator_month', creator_id, NULL, sum(net_earnings_cents), sum(row_count)
    FROM mart.agg_creator_month GROUP BY creator_id
    UNION ALL
    SELECT 'agg_creator_day', creator_id, NULL, sum(net_earnings_cents), sum(row_count)
    FROM mart.agg_creator_day GROUP BY creator_id
    UNION ALL
    SELECT 'agg_creator_month_source', creator_id, sum(gross_cents) + sum(reversed_gross_cents), sum(net_cents), sum(sales_count) + sum(reversal_count)
    FROM mart.agg_creator_month_source GROUP BY creator_id
),
expected AS (
    SELECT m.mart, l.* FROM ledger l CROSS JOIN (VALUES ('fct_earnings'), ('agg_creator_month'), ('agg_creator_day'), ('agg_creator_month_source')) m(mart)
)
SELECT
    creator_id,
    mart,
    CAST(m.gross_cents - coalesce(e.gross_cents, 0) AS BIGINT) AS gross_diff_cents,
    CAST(coalesce(m.net_cents, 0) - coalesce(e.net_cents, 0) AS BIGINT) AS net_diff_cents,
    CAST(coalesce(m.row_count, 0) - coalesce(e.row_count, 0) AS BIGINT) AS row_diff
FROM expected e
FULL JOIN marts m USING (creator_id, mart)
WHERE m.gross_cents - coalesce(e.gross_cents, 0) <> 0
    OR coalesce(m.net_cents, 0) <> coalesce(e.net_cents, 0)
    OR coalesce(m.row_count, 0) <> coalesce(e.row_count, 0)
