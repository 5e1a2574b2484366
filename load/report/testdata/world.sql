-- Two creators, ava in London and bea in New York, read last on 2026-03-10 at 03:00 UTC. What follows from these rows was worked out by hand and stands in the tests.
INSERT INTO fanvue.creators BY NAME
SELECT creator_id::UUID AS creator_id, handle, upper(handle) AS display_name, 'manager' AS role, registered_at::TIMESTAMP AS registered_at
FROM (VALUES
    ('11111111-1111-1111-1111-111111111111', 'ava', '2026-01-01'),
    ('22222222-2222-2222-2222-222222222222', 'bea', '2026-01-10')
) v(creator_id, handle, registered_at);

INSERT INTO fanvue.earnings BY NAME
SELECT md5(id)::UUID AS earning_id, CASE creator WHEN 'ava' THEN '11111111-1111-1111-1111-111111111111' ELSE '22222222-2222-2222-2222-222222222222' END::UUID AS creator_id,
    happened::TIMESTAMP AS earned_at, source, gross AS gross_cents, net AS net_cents, gross AS total_cents, currency AS fan_currency, ord AS transaction_order_id,
    reversed AS reversed_transaction_order_id, status AS transaction_order_status, fan AS fan_id, message::UUID AS message_id, post::UUID AS post_id,
    removed::TIMESTAMP AS removed_at, 'r1' AS _run_id, TIMESTAMP '2026-03-09 03:00:00' AS _fetched_at, 1 AS _run_seq, 1 AS _page
FROM (VALUES
    ('e1', 'ava', '2026-01-05 10:00:00', 'subscription', 1000, 800, 'GBP', 'o1', NULL, 'availableForPayout', 'f1', NULL, NULL, NULL),
    ('e2', 'ava', '2026-01-20 10:00:00', 'subscription', 1000, 800, 'USD', 'o2', NULL, 'availableForPayout', 'f2', NULL, NULL, NULL),
    ('e3', 'ava', '2026-01-31 23:30:00', 'message', 5000, 4000, 'GBP', 'o3', NULL, 'availableForPayout', 'f1', 'aaaaaaaa-0000-0000-0000-000000000001', NULL, NULL),
    ('e4', 'ava', '2026-02-05 10:00:00', 'renewal', 1000, 800, 'GBP', 'o4', NULL, 'availableForPayout', 'f1', NULL, NULL, NULL),
    ('e5', 'ava', '2026-02-10 09:00:00', 'refund', -5000, -4000, 'GBP', 'o5', 'o3', 'availableForPayout', 'f1', NULL, NULL, NULL),
    ('e6', 'ava', '2026-02-11 09:00:00', 'referral', 500, 500, NULL, 'o6', NULL, 'availableForPayout', NULL, NULL, NULL, NULL),
    ('e7', 'ava', '2026-02-12 09:00:00', 'tip', 20000, 16000, 'EUR', 'o7', NULL, 'pendingBalance', 'f3', NULL, NULL, NULL),
    ('e8', 'ava', '2026-02-13 09:00:00', 'chargeback', -1500, -1200, 'USD', 'o8', 'o-unknown', 'pendingBalance', NULL, NULL, NULL, NULL),
    ('e9', 'ava', '2026-02-14 09:00:00', 'subscription', 1000, 800, 'USD', 'o9', NULL, 'pendingBalance', 'f4', NULL, NULL, NULL),
    ('e10', 'ava', '2026-03-05 10:00:00', 'renewal', 1000, 800, 'GBP', 'o10', NULL, 'pendingBalance', 'f1', NULL, NULL, NULL),
    ('e11', 'ava', '2026-03-06 10:00:00', 'message', 3000, 2400, 'GBP', 'o11', NULL, 'pendingBalance', 'f1', 'aaaaaaaa-0000-0000-0000-000000000002', NULL, NULL),
    ('e12', 'bea', '2026-02-01 03:00:00', 'tip', 1000, 850, 'USD', 'o1', NULL, 'availableForPayout', 'f1', NULL, NULL, NULL),
    ('e13', 'bea', '2026-02-15 03:00:00', 'newSource2027', 700, 560, 'USD', 'o13', NULL, 'availableForPayout', 'f9', NULL, NULL, NULL),
    ('e14', 'ava', '2026-01-10 10:00:00', 'tip', 900, 720, 'USD', 'o14', NULL, 'availableForPayout', 'f2', NULL, NULL, '2026-02-15 03:00:00'),
    ('e15', 'bea', '2026-02-20 12:00:00', 'post', 400, 320, 'USD', 'o15', NULL, 'availableForPayout', 'f9', NULL, 'bbbbbbbb-0000-0000-0000-000000000001', NULL)
) v(id, creator, happened, source, gross, net, currency, ord, reversed, status, fan, message, post, removed);

INSERT INTO fanvue.earning_status_changes
SELECT '11111111-1111-1111-1111-111111111111'::UUID, md5(id)::UUID, status, happened::TIMESTAMP
FROM (VALUES
    ('e4', 'pendingBalance', '2026-02-06 03:00:00'), ('e4', 'availableForPayout', '2026-02-13 03:00:00'),
    ('e7', 'pendingBalance', '2026-02-13 03:00:00'), ('e2', 'availableForPayout', '2026-02-20 03:00:00'), ('e14', 'pendingBalance', '2026-01-11 03:00:00')
) v(id, status, happened);

INSERT INTO fanvue.messages BY NAME
SELECT ('aaaaaaaa-0000-0000-0000-00000000000' || n)::UUID AS message_id, '11111111-1111-1111-1111-111111111111'::UUID AS creator_id, fan AS fan_id, direction,
    kind AS message_type, sender::UUID AS sent_by_user_id, happened::TIMESTAMP AS sent_at, price AS price_cents, bought::TIMESTAMP AS purchased_at, 20 AS text_length
FROM (VALUES
    (1, 'f1', 'creator', 'SINGLE_RECIPIENT', 'cccccccc-0000-0000-0000-000000000001', '2026-01-31 23:00:00', 5000, '2026-01-31 23:30:00'),
    (2, 'f1', 'creator', 'SINGLE_RECIPIENT', 'cccccccc-0000-0000-0000-000000000002', '2026-03-06 09:50:00', 3000, '2026-03-06 10:00:00'),
    (3, 'f3', 'fan', 'SINGLE_RECIPIENT', NULL, '2026-02-12 08:00:00', NULL, NULL),
    (4, 'f3', 'fan', 'SINGLE_RECIPIENT', NULL, '2026-02-12 08:01:00', NULL, NULL),
    (5, 'f3', 'creator', 'AUTOMATED_CHAT_MESSAGE_REPLY', NULL, '2026-02-12 08:01:05', NULL, NULL),
    (6, 'f3', 'creator', 'SINGLE_RECIPIENT', 'cccccccc-0000-0000-0000-000000000001', '2026-02-12 08:10:00', NULL, NULL),
    (7, 'f4', 'fan', 'SINGLE_RECIPIENT', NULL, '2026-02-15 08:00:00', NULL, NULL),
    (8, 'f2', 'creator', 'BROADCAST', NULL, '2026-02-15 08:00:00', 1500, NULL),
    (9, 'f2', 'creator', 'SINGLE_RECIPIENT', 'cccccccc-0000-0000-0000-000000000001', '2026-02-20 21:00:00', 1500, '2026-02-20 21:05:00')
) v(n, fan, direction, kind, sender, happened, price, bought);

INSERT INTO fanvue.chats BY NAME
SELECT '11111111-1111-1111-1111-111111111111'::UUID AS creator_id, fan AS fan_id, happened::TIMESTAMP AS last_message_at, unread AS unread_messages_count
FROM (VALUES ('f3', '2026-02-12 08:10:00', 0), ('f4', '2026-02-15 08:00:00', 1)) v(fan, happened, unread);

INSERT INTO fanvue.account_snapshots BY NAME
SELECT '11111111-1111-1111-1111-111111111111'::UUID AS creator_id, happened::TIMESTAMP AS fetched_at, available AS available_balance_cents, payout::TIMESTAMP AS last_payout_at,
    total AS total_gross_cents, followers, subscribers
FROM (VALUES ('2026-02-10 03:00:00', 9000, NULL, 9000, 38, 2), ('2026-03-10 03:00:00', 15000, '2026-03-01 12:00:00', 33500, 40, 3)) v(happened, available, payout, total, followers, subscribers);

INSERT INTO fanvue.earnings_summary_days BY NAME
SELECT creator::UUID AS creator_id, day::DATE AS period_date, 'UTC' AS timezone, gross AS gross_cents, gross * 8 // 10 AS net_cents, TIMESTAMP '2026-03-10 03:00:00' AS fetched_at
FROM (VALUES
    ('11111111-1111-1111-1111-111111111111', '2026-02-02', 300), ('11111111-1111-1111-1111-111111111111', '2026-02-12', 20000),
    ('11111111-1111-1111-1111-111111111111', '2026-02-14', 1500), ('22222222-2222-2222-2222-222222222222', '2026-02-15', 600),
    ('11111111-1111-1111-1111-111111111111', '2026-03-09', 0), ('11111111-1111-1111-1111-111111111111', '2026-03-10', 700) -- not over
) v(creator, day, gross);

INSERT INTO fanvue.mass_messages BY NAME
SELECT '11111111-1111-1111-1111-111111111111'::UUID AS creator_id, 'dddddddd-0000-0000-0000-000000000001'::UUID AS mass_message_id, TIMESTAMP '2026-02-15 08:00:00' AS published_at,
    100 AS recipients_count, 40 AS views_count, 5 AS purchases_count, 7500 AS revenue_cents;

INSERT INTO fanvue.tracking_links BY NAME
SELECT '11111111-1111-1111-1111-111111111111'::UUID AS creator_id, 'eeeeeeee-0000-0000-0000-000000000001'::UUID AS link_id, 'spring' AS name, 'reddit' AS platform,
    200 AS clicks_count, 8 AS acquired_followers_count, 5 AS acquired_subscribers_count, 4000 AS gross_cents;

INSERT INTO fanvue.posts BY NAME
SELECT '22222222-2222-2222-2222-222222222222'::UUID AS creator_id, 'bbbbbbbb-0000-0000-0000-000000000001'::UUID AS post_id, TIMESTAMP '2026-02-19 12:00:00' AS published_at,
    400 AS price_cents, 7 AS likes_count;

INSERT INTO meta.coverage BY NAME
SELECT stream, creator::UUID AS creator_id, starts::TIMESTAMP AS window_start, ends::TIMESTAMP AS window_end, 1 AS row_count, 'r2' AS run_id
FROM (VALUES
    ('earnings', '11111111-1111-1111-1111-111111111111', '2026-01-01', '2026-02-01'), ('earnings', '11111111-1111-1111-1111-111111111111', '2026-02-03', '2026-03-10 02:45:00'),
    ('earnings', '22222222-2222-2222-2222-222222222222', '2026-01-15', '2026-03-09 02:45:00'), ('subscribers', '11111111-1111-1111-1111-111111111111', NULL, '2026-03-10 03:00:00')
) v(stream, creator, starts, ends);

INSERT INTO meta.slices BY NAME
SELECT 's1' AS slice_id, 'p1' AS part_id, 'earnings' AS table_name, 'earnings' AS stream, '11111111-1111-1111-1111-111111111111'::UUID AS creator_id, true AS is_complete,
    TIMESTAMP '2026-01-01' AS window_start, TIMESTAMP '2026-02-01' AS window_end, TIMESTAMP '2026-02-02 03:00:00' AS walk_start_at, TIMESTAMP '2026-02-02 03:05:00' AS walk_end_at,
    3 AS row_count;

INSERT INTO fanvue.team_members BY NAME
SELECT ('cccccccc-0000-0000-0000-00000000000' || n)::UUID AS user_id, display_name, nickname
FROM (VALUES (1, 'Cara Smith', 'Cara'), (2, 'Dan', NULL)) v(n, display_name, nickname);

INSERT INTO fanvue.chatter_leaderboard BY NAME
SELECT DATE '2026-02-01' AS period_month, 'cccccccc-0000-0000-0000-000000000001'::UUID AS user_id, 'Cara Smith' AS display_name, 3 AS messages_count, 1 AS ppv_sent_count,
    1 AS ppv_unlocked_count, 1500 AS revenue_cents, 0.3333 AS golden_ratio, 1.0 AS unlock_ratio, 2.0 AS active_hours, 750.0 AS revenue_cents_per_hour, 600000.0 AS avg_response_ms;

-- ava's list was read at 03:00 on 6 and 21 January, 6, 15 and 21 February, 1, 6 and 10 March.
INSERT INTO fanvue.subscribers_history BY NAME
SELECT '11111111-1111-1111-1111-111111111111'::UUID AS creator_id, fan AS fan_id, 'active' AS subscription_status, 1000 AS price_cents, paid AS amount_paid_cents,
    starts::TIMESTAMP AS current_period_start_at, ends::TIMESTAMP AS current_period_end_at, renews AS has_auto_renew, first_at::TIMESTAMP AS first_subscribed_at,
    valid_from::TIMESTAMP + INTERVAL 3 HOUR AS valid_from, valid_to::TIMESTAMP + INTERVAL 3 HOUR AS valid_to
FROM (VALUES
    ('f1', 1000, '2026-01-05', '2026-02-05', true, '2026-01-05', '2026-01-06', '2026-02-06'),
    ('f1', 1000, '2026-02-05', '2026-03-05', true, '2026-01-05', '2026-02-06', '2026-03-06'),
    ('f1', 1000, '2026-03-05', '2026-04-05', true, '2026-01-05', '2026-03-06', NULL),
    ('f2', 1000, '2026-01-20', '2026-02-20', false, '2026-01-20', '2026-01-21', '2026-02-21'),
    ('f4', 1000, '2026-02-14', '2026-03-14', false, '2026-02-14', '2026-02-15', NULL),
    ('f7', 0, '2026-02-20', '2026-02-27', false, '2026-02-20', '2026-02-21', '2026-03-01'),
    ('f8', 9000, '2025-08-20', '2026-08-20', true, '2025-08-20', '2026-01-06', NULL)
) v(fan, paid, starts, ends, renews, first_at, valid_from, valid_to);

INSERT INTO meta.slices BY NAME
SELECT 'l' || n AS slice_id, 'p2' AS part_id, 'subscribers' AS table_name, 'subscribers' AS stream, '11111111-1111-1111-1111-111111111111'::UUID AS creator_id, true AS is_complete,
    day::TIMESTAMP + INTERVAL 3 HOUR AS walk_start_at, day::TIMESTAMP + INTERVAL 3 HOUR AS walk_end_at, 3 AS row_count
FROM (VALUES (1, '2026-01-06'), (2, '2026-01-21'), (3, '2026-02-06'), (4, '2026-02-15'), (5, '2026-02-21'), (6, '2026-03-01'), (7, '2026-03-06'), (8, '2026-03-10')) v(n, day);
