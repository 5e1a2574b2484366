-- Identity of the configuration that stands in cfg.
SELECT coalesce(max(hash), '') AS hash FROM load.settings
