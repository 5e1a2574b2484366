-- What the agency takes of a creator's month (M17): marginal tiers in whole cents, rounded half up once, never negative; what is below zero is carried into the next months.
-- grain: one row per creator and month of the creator's time zone that has earnings and terms in force
-- key: creator_id, earned_month
-- sources: mart.agg_creator_month, mart.fct_earnings, cfg.commission_terms, mart.dim_today
-- build: view
-- example: SELECT earned_month, commissionable_cents, commission_cents, creator_payout_cents FROM mart.rpt_commission_month ORDER BY ALL
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   earned_month: First day of the month in the creator's reporting time zone.
--   basis: net: net of sales with their reversals; gross: gross of sales with their reversals.
--   include_rewards: Whether rewards of the platform are in the base.
--   include_chargebacks: Whether chargebacks lower the base.
--   minimum_cents: Least commission of a month, as far as commissionable_cents goes, US cents.
--   terms_from: First day of the terms in force: of those that begin in the month or before, the last.
--   base_cents: Amount of the month by these terms, US cents.
--   carried_in_cents: What months before left below zero, zero or negative, US cents.
--   commissionable_cents: base_cents and carried_in_cents, at least 0, US cents.
--   commission_cents: Sum over the tiers of what of commissionable_cents lies in each, times its rate, at least minimum_cents as far as commissionable_cents goes, US cents.
--   carried_negative_cents: What is below zero after this month, zero or negative, US cents; the next month's carried_in_cents.
--   net_earnings_cents: Net of all rows of the month, US cents.
--   creator_payout_cents: net_earnings_cents - commission_cents, US cents.
--   effective_rate: commission_cents / base_cents; NULL if that is not positive.
--   is_partial: Whether the month is not over.
WITH terms AS (
    SELECT DISTINCT creator_id, valid_from, valid_to, basis, include_rewards, include_chargebacks, minimum_cents FROM cfg.commission_terms
),
chargebacks AS (
    SELECT creator_id, earned_month, CAST(sum(gross_cents) AS BIGINT) AS gross_cents, CAST(sum(net_cents) AS BIGINT) AS net_cents
    FROM mart.fct_earnings
    WHERE source = 'chargeback' AND is_fan_paid
    GROUP BY creator_id, earned_month
),
bases AS (
    SELECT
        a.creator_id,
        a.earned_month,
        t.basis,
        t.include_rewards,
        t.include_chargebacks,
        t.minimum_cents,
        t.valid_from AS terms_from,
        a.net_earnings_cents,
        CASE t.basis WHEN 'gross' THEN a.net_sales_cents ELSE a.creator_sales_earnings_cents END
            + CASE WHEN t.include_rewards THEN a.rewards_cents ELSE 0 END
            - CASE WHEN coalesce(t.include_chargebacks, true) THEN 0 WHEN t.basis = 'gross' THEN coalesce(b.gross_cents, 0) ELSE coalesce(b.net_cents, 0) END AS base_cents
    FROM mart.agg_creator_month a
    JOIN terms t ON t.creator_id = a.creator_id
        AND a.earned_month >= date_trunc('month', t.valid_from) AND coalesce(a.earned_month < t.valid_to, true)
    LEFT JOIN chargebacks b ON b.creator_id = a.creator_id AND b.earned_month = a.earned_month
),
-- What is carried after a month is the running sum less the highest it ever was, or less 0.
running AS (
    SELECT *, sum(base_cents) OVER (PARTITION BY creator_id ORDER BY earned_month) AS total FROM bases
),
peaks AS (
    SELECT *, greatest(0, max(total) OVER (PARTITION BY creator_id ORDER BY earned_month)) AS peak FROM running
),
carried AS (
    SELECT *, CAST(total - peak AS BIGINT) AS carried_negative_cents,
        CAST(coalesce(lag(total - peak) OVER (PARTITION BY creator_id ORDER BY earned_month), 0) AS BIGINT) AS carried_in_cents
    FROM peaks
),
charged AS (
    SELECT *, greatest(0, base_cents + carried_in_cents) AS commissionable_cents FROM carried
),
commissions AS (
    SELECT
        c.creator_id,
        c.earned_month,
        greatest(any_value(least(coalesce(c.minimum_cents, 0), c.commissionable_cents)), CAST((sum(CAST(greatest(0, least(c.commissionable_cents, coalesce(t.tier_to_cents, 9223372036854775807)) - t.tier_from_cents) AS HUGEINT) * t.rate_bps) + 5000) // 10000 AS BIGINT)) AS commission_cents
    FROM charged c
    JOIN cfg.commission_terms t ON t.creator_id = c.creator_id AND t.valid_from = c.terms_from
    GROUP BY c.creator_id, c.earned_month
)
SELECT
    c.creator_id,
    c.earned_month,
    c.basis,
    c.include_rewards,
    c.include_chargebacks,
    c.minimum_cents,
    c.terms_from,
    c.base_cents,
    c.carried_in_cents,
    c.commissionable_cents,
    m.commission_cents,
    c.carried_negative_cents,
    c.net_earnings_cents,
    c.net_earnings_cents - m.commission_cents AS creator_payout_cents,
    CASE WHEN c.base_cents > 0 THEN round(m.commission_cents / c.base_cents, 4) END AS effective_rate,
    coalesce(c.earned_month >= d.this_month, false) AS is_partial
FROM charged c
JOIN commissions m ON m.creator_id = c.creator_id AND m.earned_month = c.earned_month
LEFT JOIN mart.dim_today d ON d.creator_id = c.creator_id
