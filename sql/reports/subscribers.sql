-- Subscribers and recurring revenue at the end of each month.
-- answers: How many subscribe and pay, what is it worth a month, and how much of it renews by itself?
-- needs: lists of subscribers
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 11. First month, in the creator's time zone.
--   to: month, default this month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   snapshot_date: Last day of the month that is known, in the creator's time zone.
--   active_subscribers: Fans whose subscription runs, trials included.
--   active_paying_subscribers: Those who paid something for their period.
--   active_trials: Those who paid nothing for it.
--   mrr_cents: Monthly recurring revenue: what was paid for each period divided by its months, US cents; not cash.
--   committed_mrr_cents: The part of it that renews by itself, US cents.
--   auto_renew_rate: Paying fans whose subscription renews by itself per paying fan.
--   is_partial: Whether the day was not over.
SELECT
    coalesce(d.label, CAST(m.creator_id AS VARCHAR)) AS creator,
    m.snapshot_date,
    m.active_subscribers,
    m.active_paying_subscribers,
    m.active_trials,
    m.mrr_cents,
    m.committed_mrr_cents,
    m.auto_renew_rate,
    m.is_partial
FROM mart.agg_mrr m
LEFT JOIN mart.dim_creators d ON d.creator_id = m.creator_id
WHERE m.snapshot_date >= $from AND m.snapshot_date < CAST($to AS DATE) + INTERVAL 1 MONTH
    AND ($creator IS NULL OR m.creator_id = CAST($creator AS UUID))
QUALIFY row_number() OVER (PARTITION BY m.creator_id, date_trunc('month', m.snapshot_date) ORDER BY m.snapshot_date DESC) = 1
ORDER BY creator, m.creator_id, m.snapshot_date
