-- One month of a creator by source, what fans paid first; a reversal stands with the source of its sale.
SELECT
    f.attributed_source AS source,
    coalesce(any_value(s.source_label), f.attributed_source) AS source_label,
    f.is_fan_paid,
    count(*) FILTER (NOT f.is_reversal) AS sales_count,
    count(*) FILTER (f.is_reversal) AS reversal_count,
    CAST(coalesce(sum(f.gross_cents) FILTER (NOT f.is_reversal), 0) AS BIGINT) AS gross_cents,
    CAST(coalesce(sum(f.gross_cents) FILTER (f.is_reversal), 0) AS BIGINT) AS reversed_gross_cents,
    CAST(sum(f.fee_cents) AS BIGINT) AS fee_cents,
    CAST(sum(f.net_cents) AS BIGINT) AS net_cents
FROM mart.fct_earnings f
LEFT JOIN mart.dim_earning_source s ON s.source = f.attributed_source
WHERE f.creator_id = CAST(? AS UUID) AND f.earned_month = CAST(? AS DATE)
GROUP BY f.attributed_source, f.is_fan_paid
ORDER BY f.is_fan_paid DESC, gross_cents DESC, source
