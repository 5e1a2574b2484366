-- The agency's team: whom sent_by_user_id names.
-- grain: one row per member of the team who was ever listed
-- key: user_id
-- sources: fanvue.team_members
-- build: view
-- example: SELECT user_id, member_label FROM mart.dim_team_members WHERE removed_at IS NULL
-- columns:
--   user_id: Member, as uuid of the platform.
--   member_label: Nickname the agency gave, else the display name, else the uuid.
--   is_admin: Whether the member administers the agency.
--   creator_ids: Creators the member works for, as uuids of the platform.
--   creator_roles: Roles for these creators, in the same order.
--   removed_at: Instant (UTC) since which the member is missing from the list, NULL while listed.
SELECT user_id, coalesce(nullif(nickname, ''), nullif(display_name, ''), CAST(user_id AS VARCHAR)) AS member_label, is_admin, creator_ids, creator_roles, removed_at
FROM fanvue.team_members
