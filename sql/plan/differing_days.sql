-- Closed and covered UTC days of a creator whose sales differ from the platform's own summary, newest first, each with the instants that cut it into
-- windows of at most about half a page, newest first too. A day that was read since the newest summary waits for the next one; one that was
-- read in pieces twice while its summary stayed as it is, is left to the checks.
WITH walks AS (
  SELECT stream, window_start, window_end, walk_start_at, (first_seq::HUGEINT << 40) + first_page AS first_version, (last_seq::HUGEINT << 40) + last_page AS version
  FROM meta.slices
  WHERE creator_id = TRY_CAST(? AS UUID) AND stream IN ('earnings', 'earnings_summary_days') AND is_complete AND window_end > window_start),
ledger AS (
  SELECT CAST(earned_at AS DATE) AS day, sum(gross_cents) AS gross_cents
  FROM fanvue.earnings
  WHERE creator_id = TRY_CAST(? AS UUID) AND removed_at IS NULL
    AND source NOT IN ('refund', 'chargeback') AND reversed_transaction_order_id IS NULL
  GROUP BY day),
differing AS (
  SELECT d.period_date AS day, (d._run_seq::HUGEINT << 40) + d._page AS version,
    (SELECT max(version) FROM walks w WHERE w.stream = 'earnings_summary_days' AND w.window_start <= d.period_date AND w.window_end > d.period_date
      AND w.walk_start_at >= d.period_date + INTERVAL 1 DAY + INTERVAL 10 MINUTE) AS asked
  FROM fanvue.earnings_summary_days d
  LEFT JOIN ledger l ON l.day = d.period_date
  WHERE d.creator_id = TRY_CAST(? AS UUID) AND coalesce(d.timezone, 'UTC') = 'UTC' AND coalesce(l.gross_cents, 0) <> d.gross_cents),
again AS (
  SELECT d.day
  FROM differing d
  LEFT JOIN walks w ON w.stream = 'earnings' AND w.window_start < d.day + INTERVAL 1 DAY AND w.window_end > d.day
  WHERE d.asked IS NOT NULL
  GROUP BY d.day, d.asked, d.version
  HAVING count(*) FILTER (w.first_version < d.asked) > 0
    AND count(*) FILTER (w.first_version > d.asked) = 0
    AND count(*) FILTER (w.first_version > d.version AND w.window_start = d.day AND w.window_end < d.day + INTERVAL 1 DAY) < 2)
SELECT CAST(a.day AS TIMESTAMP) AS day, c.cut
FROM again a
JOIN (
  SELECT day, earned_at AS cut
  FROM (
    SELECT a.day, e.earned_at, row_number() OVER (PARTITION BY a.day ORDER BY e.earned_at) AS n
    FROM fanvue.earnings e
    JOIN again a ON e.earned_at >= a.day AND e.earned_at < a.day + INTERVAL 1 DAY
    WHERE e.creator_id = TRY_CAST(? AS UUID))
  WHERE n % 25 = 0
  UNION
  SELECT day, day + INTERVAL 12 HOUR FROM again) c ON c.day = a.day AND c.cut > a.day
ORDER BY a.day DESC, c.cut DESC;
