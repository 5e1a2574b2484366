-- Of chats that were never read, the marts have to look at every message of the batch.
INSERT INTO load.changed_messages
SELECT CAST(p.creator_id AS UUID), CAST(p.fan_id AS VARCHAR), CAST(p.message_id AS UUID), CAST(p.sent_at AS TIMESTAMP), true
FROM read_parquet(getvariable('paths'), filename = true, union_by_name = true) p
JOIN temp.batch s ON s.path = p.filename AND s.slice_index = p._slice
{{.ChunkFilter}}
