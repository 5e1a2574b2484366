-- Every UTC day of one creator's messages, into temp.touched_days.
INSERT INTO temp.touched_days
SELECT DISTINCT creator_id, CAST(sent_at AS DATE) FROM fanvue.messages WHERE creator_id = CAST(? AS UUID) AND sent_at IS NOT NULL
