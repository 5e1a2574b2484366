-- Chats of the messages in load.changed_messages, into temp.touched_chats.
INSERT INTO temp.touched_chats
SELECT DISTINCT creator_id, fan_id FROM load.changed_messages
