-- Messages of a group of creators.
SELECT * FROM fanvue.messages WHERE creator_id IN (SELECT creator_id FROM temp.message_groups WHERE group_no = getvariable('message_group'))
