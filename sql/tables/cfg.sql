-- Values of the configuration that change what the marts say.
CREATE SCHEMA cfg;

CREATE TABLE load.settings (hash VARCHAR);
COMMENT ON TABLE load.settings IS 'One row: identity of the configuration that stands in cfg.';

CREATE TABLE cfg.settings (key VARCHAR, value VARCHAR);
COMMENT ON TABLE cfg.settings IS 'One row per setting of the account.';
COMMENT ON COLUMN cfg.settings.key IS 'Name of the setting: timezone, fx_home, fx_method.';
COMMENT ON COLUMN cfg.settings.value IS 'Its value.';

CREATE TABLE cfg.creators (handle VARCHAR, label VARCHAR, reporting_timezone VARCHAR);
COMMENT ON TABLE cfg.creators IS 'One row per creator with settings of its own.';
COMMENT ON COLUMN cfg.creators.handle IS 'Lower-case handle without @, or uuid of the platform, as configured.';
COMMENT ON COLUMN cfg.creators.label IS 'What reports print, NULL for the handle.';
COMMENT ON COLUMN cfg.creators.reporting_timezone IS 'IANA time zone of the creator''s days and months, NULL for the account''s.';

CREATE TABLE cfg.commission (
    creator VARCHAR,
    valid_from DATE,
    basis VARCHAR,
    include_rewards BOOLEAN,
    include_chargebacks BOOLEAN,
    minimum_cents BIGINT,
    tier_from_cents BIGINT,
    tier_to_cents BIGINT,
    rate_bps INTEGER
);
COMMENT ON TABLE cfg.commission IS 'One row per tier of the agency''s terms, as configured; cfg.commission_terms says of which creator they are and until when.';
COMMENT ON COLUMN cfg.commission.creator IS 'Lower-case handle without @, or uuid of the platform.';
COMMENT ON COLUMN cfg.commission.valid_from IS 'First day in the creator''s time zone; the terms hold from its month on.';
COMMENT ON COLUMN cfg.commission.basis IS 'net or gross.';
COMMENT ON COLUMN cfg.commission.include_rewards IS 'Whether rewards of the platform count.';
COMMENT ON COLUMN cfg.commission.include_chargebacks IS 'Whether chargebacks lower the amount.';
COMMENT ON COLUMN cfg.commission.minimum_cents IS 'Least commission of a month, as far as its amount goes, US cents.';
COMMENT ON COLUMN cfg.commission.tier_from_cents IS 'Lower end of the tier, US cents.';
COMMENT ON COLUMN cfg.commission.tier_to_cents IS 'Upper end of the tier, exclusive, US cents; NULL for none.';
COMMENT ON COLUMN cfg.commission.rate_bps IS 'Share of what lies in the tier, hundredths of a percent.';

CREATE TABLE cfg.fx_rates (period_month DATE, base VARCHAR, quote VARCHAR, rate DECIMAL(18, 8), source VARCHAR);
COMMENT ON TABLE cfg.fx_rates IS 'One row per month and pair of currencies of the configured file of rates.';
COMMENT ON COLUMN cfg.fx_rates.period_month IS 'First day of the month.';
COMMENT ON COLUMN cfg.fx_rates.base IS 'Currency of which one unit is converted: ISO 4217.';
COMMENT ON COLUMN cfg.fx_rates.quote IS 'Currency that it is converted to: ISO 4217.';
COMMENT ON COLUMN cfg.fx_rates.rate IS 'Units of quote for one unit of base.';
COMMENT ON COLUMN cfg.fx_rates.source IS 'Where the rate is from, as the file says.';
