-- What of the configuration needs the tables of the schema fanvue to be read.
CREATE VIEW cfg.commission_terms AS
WITH named AS (
    SELECT c.creator_id, t.creator, t.valid_from
    FROM (SELECT DISTINCT creator, valid_from FROM cfg.commission) t
    LEFT JOIN (
        SELECT creator_id, lower(handle) AS creator FROM fanvue.creators
        UNION ALL
        SELECT creator_id, CAST(creator_id AS VARCHAR) FROM fanvue.creators
    ) c ON c.creator = t.creator
    QUALIFY c.creator_id IS NULL OR row_number() OVER (PARTITION BY c.creator_id, t.valid_from ORDER BY t.creator) = 1
),
terms AS (
    SELECT *, CAST(date_trunc('month', lead(valid_from) OVER (PARTITION BY creator_id, CASE WHEN creator_id IS NULL THEN creator END ORDER BY valid_from)) AS DATE) AS valid_to
    FROM named
)
SELECT t.creator_id, t.creator, t.valid_from, t.valid_to, c.basis, c.tier_from_cents, c.tier_to_cents, c.rate_bps, c.include_rewards, c.include_chargebacks, c.minimum_cents
FROM terms t
JOIN cfg.commission c ON c.creator = t.creator AND c.valid_from = t.valid_from;
COMMENT ON VIEW cfg.commission_terms IS 'One row per creator, terms of the agency and tier.';
COMMENT ON COLUMN cfg.commission_terms.creator_id IS 'Creator, as uuid of the platform; NULL if no creator has the handle.';
COMMENT ON COLUMN cfg.commission_terms.creator IS 'Handle or uuid, as configured.';
COMMENT ON COLUMN cfg.commission_terms.valid_from IS 'First day in the creator''s time zone; the terms hold from its month on.';
COMMENT ON COLUMN cfg.commission_terms.valid_to IS 'First day of the month from which on the next terms hold, NULL for none. A month has one set of terms: the last that begin in it or before.';
COMMENT ON COLUMN cfg.commission_terms.basis IS 'net: net of sales with their reversals; gross: gross of sales with their reversals.';
COMMENT ON COLUMN cfg.commission_terms.tier_from_cents IS 'Lower end of the tier, US cents.';
COMMENT ON COLUMN cfg.commission_terms.tier_to_cents IS 'Upper end of the tier, exclusive, US cents; NULL for none.';
COMMENT ON COLUMN cfg.commission_terms.rate_bps IS 'Share of what lies in the tier, hundredths of a percent.';
COMMENT ON COLUMN cfg.commission_terms.include_rewards IS 'Whether rewards of the platform count.';
COMMENT ON COLUMN cfg.commission_terms.include_chargebacks IS 'Whether chargebacks lower the amount.';
COMMENT ON COLUMN cfg.commission_terms.minimum_cents IS 'Least commission of a month, as far as its amount goes, US cents.';
