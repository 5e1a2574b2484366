-- How recurring revenue moved.
-- answers: What did new, returning, changed and lost subscriptions do to monthly recurring revenue?
-- needs: lists of subscribers, closed months of subscribers
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 11. First month, in the creator's time zone.
--   to: month, default last month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   churn_month: First day of the month; only months that are over and whose ends are both known.
--   mrr_start_cents: MRR at the end of the month before, US cents.
--   new_mrr_cents: Of those who joined for the first time, US cents.
--   reactivation_mrr_cents: Of those who came back, US cents.
--   expansion_mrr_cents: What those who stayed pay more, US cents.
--   contraction_mrr_cents: What those who stayed pay less, US cents.
--   churned_mrr_cents: Of those who left, US cents.
--   mrr_end_cents: Start with new, reactivation and expansion, less contraction and churned, US cents.
--   gross_mrr_churn_rate: Churned and contraction per start.
--   net_mrr_churn_rate: The same less expansion and reactivation.
--   subscribers_start: Paying fans at the end of the month before.
--   joined: Fans who pay at the end and did not at the start.
--   churned: Fans who paid at the start and do not at the end.
--   subscribers_end: Paying fans at the end.
--   customer_churn_rate: Churned per paying fan at the start.
SELECT
    coalesce(d.label, CAST(c.creator_id AS VARCHAR)) AS creator,
    c.churn_month,
    c.mrr_start_cents,
    c.new_mrr_cents,
    c.reactivation_mrr_cents,
    c.expansion_mrr_cents,
    c.contraction_mrr_cents,
    c.churned_mrr_cents,
    c.mrr_end_cents,
    c.gross_mrr_churn_rate,
    c.net_mrr_churn_rate,
    c.subscribers_start,
    c.joined,
    c.churned,
    c.subscribers_end,
    c.customer_churn_rate
FROM mart.agg_churn_month c
LEFT JOIN mart.dim_creators d ON d.creator_id = c.creator_id
WHERE c.churn_month BETWEEN $from AND $to AND ($creator IS NULL OR c.creator_id = CAST($creator AS UUID))
ORDER BY creator, c.creator_id, c.churn_month
