-- The settings in cfg, as JSON.
SELECT coalesce((SELECT max(value) FROM cfg.settings WHERE key = 'timezone'), '') AS timezone,
    coalesce((SELECT CAST(to_json(list({handle: handle, label: coalesce(label, ''), timezone: coalesce(reporting_timezone, '')} ORDER BY handle)) AS VARCHAR) FROM cfg.creators), '[]') AS creators
