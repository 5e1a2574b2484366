-- Values of the configuration that change what the marts say.
CREATE SCHEMA cfg;

CREATE TABLE cfg.settings (key VARCHAR, value VARCHAR);
COMMENT ON TABLE cfg.settings IS 'One row per setting of the account.';
COMMENT ON COLUMN cfg.settings.key IS 'Name of the setting: timezone.';
COMMENT ON COLUMN cfg.settings.value IS 'Its value.';

CREATE TABLE cfg.creators (handle VARCHAR, label VARCHAR, reporting_timezone VARCHAR);
COMMENT ON TABLE cfg.creators IS 'One row per creator with settings of its own.';
COMMENT ON COLUMN cfg.creators.handle IS 'Handle without @.';
COMMENT ON COLUMN cfg.creators.label IS 'What reports print, NULL for the handle.';
COMMENT ON COLUMN cfg.creators.reporting_timezone IS 'IANA time zone of the creator''s days and months, NULL for the account''s.';
