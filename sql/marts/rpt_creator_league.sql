-- Creators of a month by net earnings (M19), with their share of the agency and what moved them.
-- grain: one row per creator and month of the creator's time zone that has earnings
-- key: creator_id, earned_month
-- sources: mart.agg_creator_month, mart.agg_paying_fans_month, mart.agg_reversal_rate, mart.rpt_creator_month_growth, mart.dim_creators, mart.dim_today
-- build: view
-- example: SELECT rank_in_agency, creator_label, net_earnings_cents, contribution_share FROM mart.rpt_creator_league WHERE earned_month = DATE '2026-02-01' ORDER BY 1
-- columns:
--   earned_month: First day of the month in the creator's reporting time zone.
--   creator_id: Creator, as uuid of the platform.
--   creator_label: Label of the configuration, else the handle.
--   net_earnings_cents: Net of all rows, US cents.
--   rank_in_agency: Place by net_earnings_cents among the creators of the month, 1 the most; equal ones share a place.
--   contribution_share: net_earnings_cents / that of all creators of the month; NULL if that is 0.
--   mom: Growth against the month before, as in rpt_creator_month_growth; NULL in a month that is not over.
--   gross_sales_cents: Gross of what fans paid, reversals left out, US cents.
--   net_sales_cents: Gross of everything fans paid, reversals included, US cents.
--   reversal_rate_value: Share of the month's sales that was taken back since, cohort basis; see agg_reversal_rate.
--   paying_fans: Distinct fans with a sale.
--   new_paying_fans: Those who paid for the first time.
--   arppu_net_cents: Net of sales per paying fan, US cents.
--   avg_sale_gross_cents: Gross per sale, US cents.
--   pending_cents: Net of rows whose balance is pending as last read, US cents.
--   is_partial: Whether the month is not over.
--   as_of_at: Server's time (UTC) of the last finished run.
SELECT
    a.earned_month,
    a.creator_id,
    c.label AS creator_label,
    a.net_earnings_cents,
    rank() OVER (PARTITION BY a.earned_month ORDER BY a.net_earnings_cents DESC) AS rank_in_agency,
    round(a.net_earnings_cents / nullif(sum(a.net_earnings_cents) OVER (PARTITION BY a.earned_month), 0), 4) AS contribution_share,
    g.mom,
    a.gross_sales_cents,
    a.net_sales_cents,
    v.reversal_rate_value,
    a.paying_fans,
    p.new_paying_fans,
    p.arppu_net_cents,
    p.avg_sale_gross_cents,
    a.pending_cents,
    coalesce(g.is_partial, false) AS is_partial,
    t.as_of_at
FROM mart.agg_creator_month a
LEFT JOIN mart.dim_creators c ON c.creator_id = a.creator_id
LEFT JOIN mart.rpt_creator_month_growth g ON g.creator_id = a.creator_id AND g.earned_month = a.earned_month
LEFT JOIN mart.agg_reversal_rate v ON v.creator_id = a.creator_id AND v.earned_month = a.earned_month
LEFT JOIN mart.agg_paying_fans_month p ON p.creator_id = a.creator_id AND p.earned_month = a.earned_month
LEFT JOIN mart.dim_today t ON t.creator_id = a.creator_id
