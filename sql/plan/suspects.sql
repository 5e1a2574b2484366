-- Instants of earnings that need another read, with the reason, of every creator: there are few.
SELECT DISTINCT CAST(s.creator_id AS VARCHAR) AS creator_id, s.reason, s.suspect_at,
  coalesce(e.source IN ('refund', 'chargeback') OR e.reversed_transaction_order_id IS NOT NULL, false) AS is_reversal
FROM meta.suspects s
LEFT JOIN fanvue.earnings e ON s.reason = 'missing' AND e.creator_id = s.creator_id AND e.earning_id = s.earning_id AND e.earned_at = s.suspect_at
WHERE s.stream = 'earnings' AND s.creator_id IS NOT NULL
ORDER BY suspect_at DESC, reason;
