-- What fans are called, by pseudonym; of the file of people, not of the warehouse.
SELECT fan_id, coalesce(handle, display_name) AS name
FROM people
WHERE coalesce(handle, display_name) IS NOT NULL
