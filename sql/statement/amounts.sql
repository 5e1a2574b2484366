-- What earnings of a creator in a window amount to, to compare with what was frozen.
SELECT CAST(earning_id AS VARCHAR) AS earning_id, earned_at, source, attributed_source, gross_cents, net_cents, is_fan_paid, is_reversal
FROM mart.fct_earnings
WHERE creator_id = CAST(? AS UUID) AND earned_at >= ? AND earned_at < ?
ORDER BY earned_at, earning_id
