-- Creators of a month, ranked.
-- answers: Who earned most in a month, who is up or down, and what stands behind it?
-- needs: earnings
-- parameters:
--   month: month, default last month. Month, in each creator's time zone.
-- columns:
--   rank_in_agency: Place by net earnings; equal ones share a place.
--   creator: Label of the creator, else the handle.
--   net_earnings_cents: Net of all rows, US cents.
--   contribution_share: Share of the net of all creators; NULL if that is 0.
--   mom: Growth of net against the month before; NULL in a month that is not over.
--   gross_sales_cents: Gross of what fans paid, reversals left out, US cents.
--   reversal_rate_value: Share of the month's sales that was taken back since; grows for months.
--   paying_fans: Distinct fans with a sale.
--   new_paying_fans: Those who paid for the first time.
--   arppu_net_cents: Net of sales per paying fan, US cents.
--   avg_sale_gross_cents: Gross per sale, US cents.
--   arpu_net_cents: Net of sales per average active subscriber, US cents; NULL where the list is not known.
--   joined: Subscribers who pay at the end of the month and did not at its start; NULL while it is not over.
--   churned: Subscribers who paid at its start and do not at its end.
--   subscribers_end: Paying subscribers at its end.
--   unlock_ratio: Direct paid messages sent in the month that were unlocked until the last run.
--   median_reply_seconds: Median time from a fan's turn to the answer of a person.
--   top_fan_share: Share of the fan with the highest net in the net of all fans with positive net.
--   pending_cents: Net of rows not yet available for payout, US cents.
--   is_partial: Whether the month is not over.
--   complete_to_at: Instant (UTC) up to which earnings were read.
WITH unlocked AS (
    SELECT creator_id, sum(ppvs_unlocked) / nullif(sum(ppvs_sent), 0) AS unlock_ratio
    FROM mart.agg_ppv_month
    WHERE sent_month = $month AND message_class = 'direct'
    GROUP BY creator_id
),
replied AS (
    SELECT creator_id, median(response_seconds) AS median_reply_seconds
    FROM mart.fct_chat_replies
    WHERE turn_date >= $month AND turn_date < CAST($month AS DATE) + INTERVAL 1 MONTH
    GROUP BY creator_id
),
fans AS (
    SELECT creator_id, max(net_cents) / sum(net_cents) AS top_fan_share
    FROM mart.agg_fan_month
    WHERE earned_month = $month AND fan_id IS NOT NULL AND net_cents > 0
    GROUP BY creator_id
),
covered AS (
    SELECT creator_id, max(window_end) AS complete_to_at FROM meta.coverage WHERE stream = 'earnings' GROUP BY creator_id
)
SELECT
    l.rank_in_agency,
    coalesce(l.creator_label, CAST(l.creator_id AS VARCHAR)) AS creator,
    l.net_earnings_cents,
    l.contribution_share,
    l.mom,
    l.gross_sales_cents,
    l.reversal_rate_value,
    l.paying_fans,
    l.new_paying_fans,
    l.arppu_net_cents,
    l.avg_sale_gross_cents,
    a.arpu_net_cents,
    s.joined,
    s.churned,
    s.subscribers_end,
    round(u.unlock_ratio, 4) AS unlock_ratio,
    r.median_reply_seconds,
    round(f.top_fan_share, 4) AS top_fan_share,
    l.pending_cents,
    l.is_partial,
    v.complete_to_at
FROM mart.rpt_creator_league l
LEFT JOIN unlocked u ON u.creator_id = l.creator_id
LEFT JOIN replied r ON r.creator_id = l.creator_id
LEFT JOIN fans f ON f.creator_id = l.creator_id
LEFT JOIN covered v ON v.creator_id = l.creator_id
LEFT JOIN mart.agg_arpu_month a ON a.creator_id = l.creator_id AND a.earned_month = l.earned_month
LEFT JOIN mart.agg_churn_month s ON s.creator_id = l.creator_id AND s.churn_month = l.earned_month
WHERE l.earned_month = $month
ORDER BY l.rank_in_agency, creator, l.creator_id
