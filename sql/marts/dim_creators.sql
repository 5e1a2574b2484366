-- Creators with the time zone in which their days and months are cut.
-- grain: one row per creator the key may read or has earnings of
-- key: creator_id
-- sources: fanvue.creators, fanvue.earnings, cfg.creators, cfg.settings
-- build: whole
-- example: SELECT handle, reporting_timezone FROM mart.dim_creators ORDER BY handle
-- columns:
--   creator_id: Creator, as uuid of the platform.
--   handle: Handle without @; NULL for a creator who has earnings and never stood on a list.
--   display_name: Display name, as typed by the creator.
--   nickname: Nickname the agency gave, if any.
--   label: Label of the configuration, else the handle: what reports may print.
--   role: Role of the key's owner towards the creator; owner for the own account.
--   reporting_timezone: IANA zone in which earned_date and earned_month are cut: the creator's of the configuration, else the account's, else UTC.
--   registered_at: Registration of the creator (UTC).
--   removed_at: Instant (UTC) since which the creator is missing from the lists, NULL while listed.
WITH account AS (
    SELECT coalesce(max(value), 'UTC') AS reporting_timezone FROM cfg.settings WHERE key = 'timezone'
),
known AS (
    SELECT creator_id FROM fanvue.creators
    UNION
    SELECT creator_id FROM fanvue.earnings WHERE creator_id IS NOT NULL
)
SELECT
    k.creator_id,
    c.handle,
    c.display_name,
    c.nickname,
    coalesce(u.label, g.label, c.handle) AS label,
    c.role,
    coalesce(u.reporting_timezone, g.reporting_timezone, a.reporting_timezone) AS reporting_timezone,
    c.registered_at,
    c.removed_at
FROM known k
CROSS JOIN account a
LEFT JOIN fanvue.creators c ON c.creator_id = k.creator_id
LEFT JOIN cfg.creators g ON g.handle = lower(c.handle)
LEFT JOIN cfg.creators u ON u.handle = CAST(k.creator_id AS VARCHAR)
ORDER BY c.handle, k.creator_id
