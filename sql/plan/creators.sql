-- Creators on the newest complete list, with their registration.
SELECT CAST(creator_id AS VARCHAR) AS creator_id, handle, coalesce(role, '') AS role, registered_at, removed_at
FROM fanvue.creators
ORDER BY handle, creator_id;
