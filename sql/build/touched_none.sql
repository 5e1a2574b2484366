-- Tables of what is touched of messages, without rows: everything is.
CREATE OR REPLACE TEMP TABLE touched_days (creator_id UUID, day DATE);
CREATE OR REPLACE TEMP TABLE touched_chats (creator_id UUID, fan_id VARCHAR, month DATE);
CREATE OR REPLACE TEMP TABLE touched_turns (creator_id UUID, fan_id VARCHAR, begin_at TIMESTAMP, read_from TIMESTAMP, turn_message_id UUID)
