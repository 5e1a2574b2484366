-- Known earnings of a creator in a range of time, of all sources or of reversals alone.
SELECT count(*)
FROM fanvue.earnings
WHERE creator_id = TRY_CAST(? AS UUID) AND earned_at >= ? AND earned_at < ? AND removed_at IS NULL AND (?::BOOLEAN OR source IN ('refund', 'chargeback'));
