-- Creators and UTC days of the messages in load.changed_messages, into temp.touched_days.
CREATE OR REPLACE TEMP TABLE touched_days AS
SELECT DISTINCT creator_id, CAST(sent_at AS DATE) AS day FROM load.changed_messages WHERE sent_at IS NOT NULL
