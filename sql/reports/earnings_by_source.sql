-- Earnings by source.
-- answers: What do fans pay for, with refunds and chargebacks under the source of the sale they take back?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month. First month, in the creator's time zone.
--   to: month, default last month. Last month.
-- columns:
--   source: Source of the sale; unattributed are reversals whose sale is not known.
--   source_label: The same for people.
--   gross_cents: Gross of rows that are no reversals, US cents.
--   reversed_gross_cents: Gross of reversals, zero or negative, US cents.
--   fee_cents: Gross less net, US cents.
--   net_cents: Net of all rows, US cents.
--   net_share: Share of the net of all sources; NULL where that is not positive.
--   sales_count: Rows that are no reversals.
--   reversal_count: Reversals.
WITH sources AS (
    SELECT
        a.source,
        CAST(sum(a.gross_cents) AS BIGINT) AS gross_cents,
        CAST(sum(a.reversed_gross_cents) AS BIGINT) AS reversed_gross_cents,
        CAST(sum(a.fee_cents) AS BIGINT) AS fee_cents,
        CAST(sum(a.net_cents) AS BIGINT) AS net_cents,
        CAST(sum(a.sales_count) AS BIGINT) AS sales_count,
        CAST(sum(a.reversal_count) AS BIGINT) AS reversal_count
    FROM mart.agg_creator_month_source a
    WHERE a.earned_month BETWEEN $from AND $to AND ($creator IS NULL OR a.creator_id = CAST($creator AS UUID))
    GROUP BY a.source
)
SELECT
    s.source,
    coalesce(l.source_label, s.source) AS source_label,
    s.gross_cents,
    s.reversed_gross_cents,
    s.fee_cents,
    s.net_cents,
    round(s.net_cents / nullif(greatest(sum(s.net_cents) OVER (), 0), 0), 4) AS net_share,
    s.sales_count,
    s.reversal_count
FROM sources s
LEFT JOIN mart.dim_earning_source l ON l.source = s.source
ORDER BY s.net_cents DESC, s.source
