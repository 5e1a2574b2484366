-- Closed and covered UTC days of a creator whose sales differ from the platform's own summary, newest first; each with the instants that cut it into
-- windows of at most about half a page, and with the windows within it that were read since the summary was asked for, in one page or more. A day that
-- a later run read otherwise than the newest summary's waits for the next one; one that was read in pieces for two summaries that said the same is left
-- to the checks.
WITH walks AS (
  SELECT stream, window_start, window_end, walk_start_at, (first_seq::HUGEINT << 40) + first_page AS first_version, (last_seq::HUGEINT << 40) + last_page AS version
  FROM meta.slices
  WHERE creator_id = TRY_CAST(? AS UUID) AND stream IN ('earnings', 'earnings_summary_days') AND is_complete AND window_end > window_start),
edges AS (
  SELECT window_start, window_end, coalesce(window_start > max(window_end) OVER (
    ORDER BY window_start, window_end ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS is_edge
  FROM walks
  WHERE stream = 'earnings'),
covered AS (
  SELECT min(window_start) AS window_start, max(window_end) AS window_end
  FROM (SELECT *, count(*) FILTER (is_edge) OVER (ORDER BY window_start, window_end ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island FROM edges)
  GROUP BY island),
ledger AS (
  SELECT CAST(earned_at AS DATE) AS day, sum(gross_cents) AS gross_cents
  FROM fanvue.earnings
  WHERE creator_id = TRY_CAST(? AS UUID) AND removed_at IS NULL
    AND source NOT IN ('refund', 'chargeback') AND reversed_transaction_order_id IS NULL
  GROUP BY day),
differing AS (
  SELECT CAST(d.period_date AS TIMESTAMP) AS day, d.period_date + INTERVAL 1 DAY AS day_end, (d._run_seq::HUGEINT << 40) + d._page AS version,
    (SELECT max(version) FROM walks w WHERE w.stream = 'earnings_summary_days' AND w.window_start <= d.period_date AND w.window_end > d.period_date
      AND w.walk_start_at >= d.period_date + INTERVAL 1 DAY + INTERVAL 10 MINUTE) AS asked
  FROM fanvue.earnings_summary_days d
  LEFT JOIN ledger l ON l.day = d.period_date
  WHERE d.creator_id = TRY_CAST(? AS UUID) AND coalesce(d.timezone, 'UTC') = 'UTC' AND coalesce(l.gross_cents, 0) <> d.gross_cents
    AND EXISTS (FROM covered v WHERE v.window_start <= d.period_date AND v.window_end >= d.period_date + INTERVAL 1 DAY)),
again AS (
  SELECT d.day, d.day_end, d.asked
  FROM differing d
  LEFT JOIN walks w ON w.stream = 'earnings' AND w.window_start < d.day_end AND w.window_end > d.day
  WHERE d.asked IS NOT NULL
  GROUP BY d.day, d.day_end, d.asked, d.version
  HAVING count(*) FILTER (w.first_version < d.asked) > 0
    AND count(*) FILTER (w.first_version >> 40 > d.asked >> 40 AND NOT (w.window_start >= d.day AND w.window_end <= d.day_end)) = 0
    AND count(DISTINCT w.first_version >> 40) FILTER (
      w.first_version > d.version AND w.first_version < d.asked AND w.window_start = d.day AND w.window_end < d.day_end) < 2),
marks AS (
  SELECT day, earned_at AS starts_at, earned_at AS ends_at, false AS is_one_page
  FROM (
    SELECT a.day, e.earned_at, row_number() OVER (PARTITION BY a.day ORDER BY e.earned_at) AS n
    FROM fanvue.earnings e
    JOIN again a ON e.earned_at >= a.day AND e.earned_at < a.day_end
    WHERE e.creator_id = TRY_CAST(? AS UUID))
  WHERE n % 25 = 0
  UNION
  SELECT day, day + INTERVAL 12 HOUR, day + INTERVAL 12 HOUR, false FROM again
  UNION
  SELECT a.day, w.window_start, w.window_end, w.first_version = w.version
  FROM again a JOIN walks w ON w.stream = 'earnings' AND w.first_version > a.asked AND w.window_start >= a.day AND w.window_end <= a.day_end)
SELECT day, starts_at, ends_at, is_one_page
FROM marks
ORDER BY day DESC, starts_at DESC, ends_at DESC;
