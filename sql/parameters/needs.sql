-- What reports need, whether the warehouse has it, and where it has not why and what to do.
SELECT 'earnings' AS need, EXISTS (FROM fanvue.earnings) AS is_there, 'no earnings were read yet; fanlake sync reads them' AS reason
UNION ALL SELECT 'messages', EXISTS (FROM fanvue.messages), 'no messages were read; fanlake sync reads them, where the key has read:chat and streams of the configuration does not turn them off'
UNION ALL SELECT 'chats', EXISTS (FROM fanvue.chats), 'no chats were read; fanlake sync reads them, where the key has read:chat'
UNION ALL SELECT 'lists of subscribers', EXISTS (FROM mart.dim_list_spans WHERE list_name = 'subscribers'), 'no complete list of subscribers was read; fanlake sync reads it, where the key has read:fan'
UNION ALL SELECT 'days of subscribers', false, 'who subscribes is known since ' || coalesce((SELECT CAST(min(first_date) AS VARCHAR) FROM mart.dim_list_spans WHERE list_name = 'subscribers'), 'no day') || ' only, and to the day before the newest run: give --param from and to of days between'
UNION ALL SELECT 'closed months of subscribers', EXISTS (FROM mart.agg_churn_month), 'no month is over of which the subscribers are known at both ends, which they are since ' || coalesce((SELECT CAST(min(first_date) AS VARCHAR) FROM mart.dim_list_spans WHERE list_name = 'subscribers'), 'no day') || ': the first whole month of nightly runs brings rows'
UNION ALL SELECT 'account snapshots', EXISTS (FROM fanvue.account_snapshots), 'no figures of an account were read; fanlake sync reads them'
UNION ALL SELECT 'commission terms', EXISTS (FROM cfg.commission), 'no terms stand under commission of the configuration; write them there as configs/README.md shows, and run fanlake rebuild or the next sync'
UNION ALL SELECT 'leaderboards of chatters', EXISTS (FROM fanvue.chatter_leaderboard), 'no leaderboard of chatters was read: only the key of an agency has one'
UNION ALL SELECT 'day sums', EXISTS (FROM fanvue.earnings_summary_days), 'the platform''s sums of days were not read; fanlake sync reads them once a week'
UNION ALL SELECT 'mass messages', EXISTS (FROM fanvue.mass_messages), 'no mass messages were read; fanlake sync reads them once a week, or now with --stream mass_messages'
UNION ALL SELECT 'tracking links', EXISTS (FROM fanvue.tracking_links), 'no tracking links were read; fanlake sync reads them once a week, or now with --stream tracking_links'
