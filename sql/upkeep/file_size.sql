-- Bytes of the file that is open, and how many of them hold content.
SELECT CAST(total_blocks * block_size AS BIGINT) AS size, CAST(used_blocks * block_size AS BIGINT) AS used
FROM pragma_database_size()
WHERE database_name = current_database()
