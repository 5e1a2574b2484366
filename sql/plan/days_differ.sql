-- Whether the sales of any UTC day of a creator differ from the platform's own summary, covered or not: mostly none does, and a yes takes long to look into.
SELECT EXISTS (
  FROM fanvue.earnings_summary_days d
  LEFT JOIN (
    SELECT CAST(earned_at AS DATE) AS day, sum(gross_cents) AS gross_cents
    FROM fanvue.earnings
    WHERE creator_id = TRY_CAST(? AS UUID) AND removed_at IS NULL
      AND source NOT IN ('refund', 'chargeback') AND reversed_transaction_order_id IS NULL
    GROUP BY day) l ON l.day = d.period_date
  WHERE d.creator_id = TRY_CAST(? AS UUID) AND coalesce(d.timezone, 'UTC') = 'UTC' AND coalesce(l.gross_cents, 0) <> d.gross_cents
) AS differ;
