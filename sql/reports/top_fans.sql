-- Fans who paid most.
-- answers: Which fans, by pseudonym, brought most of the money of a time, and what share?
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month. First month, in the creator's time zone.
--   to: month, default last month. Last month.
--   limit: integer from 1, default 20. Fans of each creator.
-- columns:
--   creator: Label of the creator, else the handle.
--   rank: 1 is the fan with the highest net.
--   fan_id: Fan, as pseudonym; names stand in people.duckdb alone.
--   net_cents: Net of what the fan paid, reversals taken off, US cents.
--   gross_cents: Gross of the same, US cents.
--   sales_count: Sales.
--   net_share: Share of the net of all fans of the creator with positive net.
--   last_paid_at: Instant (UTC) of the last sale.
WITH fans AS (
    SELECT
        f.creator_id,
        f.fan_id,
        CAST(sum(f.net_cents) AS BIGINT) AS net_cents,
        CAST(sum(f.gross_cents) AS BIGINT) AS gross_cents,
        count(*) FILTER (NOT f.is_reversal) AS sales_count,
        max(f.earned_at) FILTER (NOT f.is_reversal) AS last_paid_at
    FROM mart.fct_earnings f
    WHERE f.is_fan_paid AND f.fan_id IS NOT NULL AND f.earned_month BETWEEN $from AND $to
        AND ($creator IS NULL OR f.creator_id = CAST($creator AS UUID))
    GROUP BY f.creator_id, f.fan_id
    HAVING sum(f.net_cents) > 0
),
ranked AS (
    SELECT *,
        row_number() OVER (PARTITION BY creator_id ORDER BY net_cents DESC, fan_id) AS rank,
        round(net_cents / sum(net_cents) OVER (PARTITION BY creator_id), 4) AS net_share
    FROM fans
)
SELECT
    coalesce(d.label, CAST(r.creator_id AS VARCHAR)) AS creator,
    r.rank,
    r.fan_id,
    r.net_cents,
    r.gross_cents,
    r.sales_count,
    r.net_share,
    r.last_paid_at
FROM ranked r
LEFT JOIN mart.dim_creators d ON d.creator_id = r.creator_id
WHERE r.rank <= $limit
ORDER BY creator, r.rank
