-- Every chat of one creator from its beginning, into temp.touched_turns.
INSERT INTO temp.touched_turns
SELECT DISTINCT creator_id, fan_id, CAST('-infinity' AS TIMESTAMP), CAST('-infinity' AS TIMESTAMP), CAST(NULL AS UUID) FROM fanvue.messages WHERE creator_id = CAST(? AS UUID)
