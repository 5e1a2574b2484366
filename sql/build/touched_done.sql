-- Gives back what the tables of messages took.
DROP TABLE IF EXISTS temp.touched_messages
