-- The configuration, from JSON.
INSERT INTO load.unchecked VALUES ('cfg', 9223372036854775807);
DELETE FROM cfg.settings;
DELETE FROM cfg.creators;
DELETE FROM cfg.commission;
DELETE FROM cfg.fx_rates;
DELETE FROM load.settings;
CREATE OR REPLACE TEMP TABLE configured AS
SELECT from_json(CAST(getvariable('settings') AS JSON), '{"settings":[{"key":"VARCHAR","value":"VARCHAR"}],"creators":[{"handle":"VARCHAR","label":"VARCHAR","timezone":"VARCHAR"}],"commission":[{"creator":"VARCHAR","valid_from":"DATE","basis":"VARCHAR","include_rewards":"BOOLEAN","include_chargebacks":"BOOLEAN","minimum_cents":"BIGINT","tier_from_cents":"BIGINT","tier_to_cents":"BIGINT","rate_bps":"INTEGER"}],"fx_rates":[{"month":"DATE","base":"VARCHAR","quote":"VARCHAR","rate":"VARCHAR","source":"VARCHAR"}]}') AS j;
INSERT INTO cfg.settings SELECT s.key, s.value FROM (SELECT unnest(j.settings) AS s FROM temp.configured) ORDER BY s.key;
INSERT INTO cfg.creators SELECT c.handle, nullif(c.label, ''), nullif(c.timezone, '') FROM (SELECT unnest(j.creators) AS c FROM temp.configured) ORDER BY c.handle;
INSERT INTO cfg.commission
SELECT t.creator, t.valid_from, t.basis, t.include_rewards, t.include_chargebacks, t.minimum_cents, t.tier_from_cents, t.tier_to_cents, t.rate_bps
FROM (SELECT unnest(j.commission) AS t FROM temp.configured)
ORDER BY t.creator, t.valid_from, t.tier_from_cents;
INSERT INTO cfg.fx_rates
SELECT x.month, x.base, x.quote, CAST(x.rate AS DECIMAL(18, 8)), x.source
FROM (SELECT unnest(j.fx_rates) AS x FROM temp.configured)
ORDER BY x.month, x.base, x.quote;
INSERT INTO load.settings SELECT md5(getvariable('settings'))
