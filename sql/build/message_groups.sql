-- Creators with messages in groups of about half a million messages, as numbers from 0, into temp.message_groups: what is computed of all messages is computed group by group.
CREATE OR REPLACE TEMP TABLE message_groups AS
SELECT creator_id, CAST(sum(messages) OVER (ORDER BY creator_id) // 500000 AS BIGINT) AS group_no
FROM (SELECT creator_id, count(*) AS messages FROM fanvue.messages GROUP BY creator_id)
