-- Every chat with messages, into temp.touched_chats.
INSERT INTO temp.touched_chats
SELECT DISTINCT creator_id, fan_id FROM fanvue.messages
