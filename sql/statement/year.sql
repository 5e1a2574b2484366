-- Net earnings of a creator by source in windows, which two lists of their
-- bounds give; reversals apart.
WITH windows AS (
    SELECT unnest(CAST(? AS TIMESTAMP[])) AS start_at, unnest(CAST(? AS TIMESTAMP[])) AS end_at
)
SELECT
    w.start_at,
    f.attributed_source,
    coalesce(s.source_label, f.attributed_source) AS source_label,
    f.is_reversal,
    CAST(sum(f.net_cents) AS BIGINT) AS net_cents
FROM windows w
JOIN mart.fct_earnings f ON f.earned_at >= w.start_at AND f.earned_at < w.end_at
LEFT JOIN mart.dim_earning_source s ON s.source = f.attributed_source
WHERE f.creator_id = CAST(? AS UUID)
GROUP BY ALL
ORDER BY ALL
