-- Fans who paid most.
-- answers: Which fans, by pseudonym, brought most of the money of a time, and what share?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month. First month, in the creator's time zone.
--   to: month, default last month. Last month.
--   limit: integer from 1, default 20. Fans of each list.
--   across: one of creator|agency, default creator. A list of each creator, or one over all of them.
-- columns:
--   creator: Label of the creator, else the handle; across the agency all creators the fan paid, by name.
--   rank: 1 is the fan with the highest net.
--   fan_id: Fan, as pseudonym; names stand in people.duckdb alone.
--   net_cents: Net of what the fan paid, reversals taken off, US cents.
--   gross_cents: Gross of the same, US cents.
--   sales_count: Sales.
--   net_share: Share of the net of all fans of the list with positive net.
--   last_paid_at: Instant (UTC) of the last sale.
WITH pairs AS (
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
),
-- A list is a creator's, or with no creator that of all.
fans AS (
    SELECT
        CASE WHEN $across = 'creator' THEN p.creator_id END AS list_id,
        p.fan_id,
        string_agg(coalesce(d.label, CAST(p.creator_id AS VARCHAR)), ', ' ORDER BY coalesce(d.label, CAST(p.creator_id AS VARCHAR))) AS creator,
        CAST(sum(p.net_cents) AS BIGINT) AS net_cents,
        CAST(sum(p.gross_cents) AS BIGINT) AS gross_cents,
        CAST(sum(p.sales_count) AS BIGINT) AS sales_count,
        max(p.last_paid_at) AS last_paid_at
    FROM pairs p
    LEFT JOIN mart.dim_creators d ON d.creator_id = p.creator_id
    GROUP BY list_id, p.fan_id
    HAVING sum(p.net_cents) > 0
),
ranked AS (
    SELECT *,
        row_number() OVER (PARTITION BY list_id ORDER BY net_cents DESC, fan_id) AS rank,
        round(net_cents / sum(net_cents) OVER (PARTITION BY list_id), 4) AS net_share
    FROM fans
)
SELECT creator, rank, fan_id, net_cents, gross_cents, sales_count, net_share, last_paid_at
FROM ranked
WHERE rank <= $limit
ORDER BY CASE WHEN $across = 'creator' THEN creator END, list_id, rank
