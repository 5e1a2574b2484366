package tables

// All lists every table of the lake in the order of the data dictionary.
var All = []Table{
	creators, accountSnapshots, earnings, earningsSummaryDays, subscriberCounts,
	topSpenders, subscribers, followers, chats, messages,
	fanInsights, massMessages, posts, postComments, postLikes, postTips, trackingLinks, trackingLinkUsers,
	smartLists, smartListMembers, customLists, customListMembers, messageTemplates, media, vaultFolders, vaultFolderMedia,
	notifications, unreadCounts,
	teamMembers, chatterLeaderboard, agencyEarningsDays, agencySubscribers, agencySubscriberCounts,
	people, rejects,
}

func creatorID() Column {
	return Column{Name: "creator_id", From: FromCreator, Type: UUID, Required: true,
		Meaning: "Creator, as uuid of the platform.", Example: "3f0c…"}
}

func fanOf(path string) Column {
	return Column{Name: "fan_id", Path: path, Type: Fan, Required: true,
		Meaning: "Fan, as pseudonym: 26 characters of base32 HMAC-SHA-256 over the platform's uuid.", Example: "K7Q2…"}
}

// personIgnored are the keys of a person object that are known and not kept
// outside people (handle, names) or not at all (presence, signed pictures).
func personIgnored(prefix string) []string {
	var paths []string
	for _, k := range []string{"uuid", "handle", "displayName", "nickname", "isTopSpender", "avatarUrl", "registeredAt", "bannerUrl", "bio", "isCreator", "online", "lastSeenAt"} {
		paths = append(paths, prefix+k)
	}
	return paths
}

var creators = Table{
	Name: "creators", Rows: "data", Key: []string{"creator_id"}, Fold: Creators,
	Grain: "One row per creator the key may read: the owner, if a creator, and every managed creator.",
	Note:  "removed_at is the start of the second complete list in a row without the creator.",
	// When the creator left the lists stands in removed_at.
	History: []string{"handle", "display_name", "nickname", "role", "registered_at"},
	Columns: []Column{
		{Name: "creator_id", Path: "uuid", Type: UUID, Required: true, Meaning: "Creator, as uuid of the platform."},
		{Name: "handle", Path: "handle", Type: Text, Required: true, Meaning: "Handle without @.", Example: "ava"},
		{Name: "display_name", Path: "displayName", Type: Text, Meaning: "Display name, as typed by the creator."},
		{Name: "nickname", Path: "nickname", Type: Text, Meaning: "Nickname the agency gave, if any."},
		{Name: "role", Path: "role", From: FromOwnerRole, Type: Text, Meaning: "Role of the key's owner towards the creator; owner for the own account.", Example: "owner"},
		{Name: "registered_at", Path: "registeredAt|createdAt", Type: Timestamp, Meaning: "Registration of the creator (UTC)."},
	},
	Ignored: []string{"isTopSpender", "avatarUrl", "bannerUrl", "bio", "email", "isCreator", "updatedAt", "likesCount", "fanCounts", "contentCounts", "online", "lastSeenAt", "createdAt", "registeredAt", "account"},
}

var accountSnapshots = Table{
	Name: "account_snapshots", Rows: "", Key: []string{"creator_id", "fetched_at"}, Time: "fetched_at", Fold: Snapshots,
	Grain: "One row per creator and change of the account's figures.",
	Note:  "A snapshot equal to the one before adds no row. Figures are the platform's own and count contactable fans only.",
	Columns: []Column{
		creatorID(),
		{Name: "fetched_at", From: FromFetched, Type: Timestamp, Required: true, Volatile: true, Meaning: "Server time of the snapshot (UTC)."},
		{Name: "total_gross_cents", Path: "account.earnings.total", Type: Cents, Meaning: "All-time gross of paid earnings, US cents."},
		{Name: "available_balance_cents", Path: "account.earnings.availableBalance", Type: Cents, Meaning: "Withdrawable balance, US cents."},
		{Name: "last_payout_at", Path: "account.earnings.lastPayoutAt", Type: Timestamp, Meaning: "Last payout (UTC), NULL if none."},
		{Name: "followers", Path: "account.fans.followers", Type: Int, Meaning: "Contactable followers."},
		{Name: "subscribers", Path: "account.fans.subscribers", Type: Int, Meaning: "Contactable subscribers."},
	},
	Ignored: []string{"uuid", "email", "handle", "displayName", "bio", "isCreator", "createdAt", "updatedAt", "avatarUrl", "bannerUrl", "account.status", "account.subscription", "account.subscriptionPrice"},
}

var earnings = Table{
	Name: "earnings", Rows: "data", Key: []string{"creator_id", "earning_id"}, Time: "earned_at", Fold: Earnings, Person: "user",
	Grain: "One row per earning row of the platform: sale, reward or reversal.",
	Note:  "Refunds and chargebacks are negative rows of their own; the sale is never rewritten.",
	Columns: []Column{
		{Name: "earning_id", From: FromEarningID, Type: UUID, Required: true, Meaning: "First 128 bits of SHA-256 over creator, earned_at, source, order ids, gross, net and the ordinal among equal rows."},
		creatorID(),
		{Name: "earned_at", Path: "date", Type: Timestamp, Required: true, Meaning: "Payment or reversal instant (UTC)."},
		{Name: "source", Path: "source", Type: Text, Required: true, Meaning: "Kind of earning; an open list.", Example: "subscription"},
		{Name: "gross_cents", Path: "gross", Type: Cents, Required: true, Meaning: "Creator's price before the platform fee, US cents; negative on reversals."},
		{Name: "net_cents", Path: "net", Type: Cents, Required: true, Meaning: "What the creator keeps, US cents; negative on reversals."},
		{Name: "total_cents", Path: "total", Type: Cents, Keep: true, Meaning: "What left the fan's card, with tax and fan fee, US cents; NULL where the surface has none."},
		{Name: "fan_currency", Path: "currency", Type: Text, Meaning: "Currency the fan paid in; informational, amounts are US cents.", Example: "GBP"},
		{Name: "transaction_order_id", Path: "transactionOrderId", Type: Text, Meaning: "Order id; NULL on rewards and some reversals. Not unique."},
		{Name: "reversed_transaction_order_id", Path: "reversedTransactionOrderId", Type: Text, Meaning: "On reversals, the order that is reversed."},
		{Name: "transaction_order_status", Path: "transactionOrderStatus", Type: Text, Meaning: "pendingBalance, later availableForPayout.", Example: "availableForPayout"},
		{Name: "message_id", Path: "messageUuid", Type: UUID, Keep: true, Meaning: "Message that was bought or tipped, if any."},
		{Name: "post_id", Path: "postUuid", Type: UUID, Keep: true, Meaning: "Post that was bought or tipped, if any."},
		{Name: "fan_id", Path: "user.uuid", Type: Fan, Keep: true, Meaning: "Fan who paid, as pseudonym; NULL on rewards and for deleted fans never seen before."},
	},
	Ignored: personIgnored("user."),
}

var earningsSummaryDays = Table{
	Name: "earnings_summary_days", Rows: "overTime", Key: []string{"creator_id", "period_date"}, Time: "period_date", Fold: Upsert,
	Grain: "One row per creator and UTC day of the platform's own earnings summary.",
	Note:  "Leaves refunds and chargebacks out and may be ten minutes old: for reconciliation, not for sums.",
	Columns: []Column{
		creatorID(),
		{Name: "period_date", Path: "periodStart", Type: Date, Required: true, Meaning: "Day in the zone of the column timezone."},
		{Name: "timezone", From: FromTimezone, Type: Text, Meaning: "Zone of the day, as asked for.", Example: "UTC"},
		{Name: "gross_cents", Path: "gross", Type: Cents, Required: true, Meaning: "Gross without reversals, US cents."},
		{Name: "net_cents", Path: "net", Type: Cents, Required: true, Meaning: "Net without reversals, US cents."},
		{Name: "fetched_at", From: FromFetched, Type: Timestamp, Required: true, Volatile: true, Meaning: "Server time of the answer (UTC) that first had these figures."},
	},
}

var subscriberCounts = Table{
	Name: "subscriber_counts", Rows: "data", Key: []string{"creator_id", "bucket_date"}, Time: "bucket_date", Fold: Upsert,
	Grain: "One row per creator and UTC day of the platform's subscriber trend.",
	Note:  "total is the net change since the start of the range that was asked for, no head count.",
	Columns: []Column{
		creatorID(),
		{Name: "bucket_date", Path: "date", Type: Date, Required: true, Meaning: "UTC day."},
		{Name: "total", Path: "total", Type: Int, Volatile: true, Meaning: "Cumulative net change since the start of the range asked for; depends on that range."},
		{Name: "new_subscribers_count", Path: "newSubscribersCount", Type: Int, Required: true, Meaning: "Starts on the day: trials, returning and later refunded fans included."},
		{Name: "cancelled_subscribers_count", Path: "cancelledSubscribersCount", Type: Int, Required: true, Meaning: "Cancellations on the day."},
	},
}

var topSpenders = Table{
	Name: "top_spenders", Rows: "data", Key: []string{"creator_id", "period_month", "fan_id"}, Time: "period_month", Fold: Upsert, Person: "user",
	Grain: "One row per creator, UTC month and fan of the platform's top spenders.",
	Note:  "The platform's snapshot, kept as a cross-check; derive rankings from earnings.",
	Columns: []Column{
		creatorID(),
		{Name: "period_month", From: FromWindowMonth, Type: Date, Required: true, Meaning: "First day of the UTC month."},
		fanOf("user.uuid"),
		{Name: "gross_cents", Path: "gross", Type: Cents, Required: true, Meaning: "Gross of the fan in the month, US cents."},
		{Name: "net_cents", Path: "net", Type: Cents, Required: true, Meaning: "Net of the fan in the month, US cents."},
		{Name: "messages_count", Path: "messages", Type: Int, Meaning: "Messages of the fan in the month, as the platform counts."},
	},
	Ignored: personIgnored("user."),
}

var subscribers = Table{
	Name: "subscribers", Rows: "data", Key: []string{"creator_id", "fan_id"}, Fold: List, Person: ".",
	Grain: "One row per creator and fan on the newest complete list of subscribers.",
	Columns: []Column{
		creatorID(),
		fanOf("uuid"),
		{Name: "subscription_status", Path: "subscription.status", Type: Text, Meaning: "active, cancelled, pending_confirmation or paused; NULL where the surface has none.", Example: "active"},
		{Name: "price_cents", Path: "subscription.price", Type: Cents, Meaning: "List price of a period, US cents."},
		{Name: "amount_paid_cents", Path: "subscription.amountPaid", Type: Cents, Meaning: "Paid for the current period, US cents; 0 on trials."},
		{Name: "current_period_start_at", Path: "subscription.currentPeriodStart", Type: Timestamp, Meaning: "Start of the current period (UTC)."},
		{Name: "current_period_end_at", Path: "subscription.currentPeriodEnd", Type: Timestamp, Meaning: "End of the current period (UTC), NULL if open."},
		{Name: "has_auto_renew", Path: "subscription.autoRenewalEnabled", Type: Bool, Meaning: "Whether the subscription renews by itself."},
		{Name: "first_subscribed_at", Path: "firstSubscribedAt", Type: Timestamp, Meaning: "First subscription ever to this creator (UTC)."},
	},
	Ignored: personIgnored(""),
}

var followers = Table{
	Name: "followers", Rows: "data", Key: []string{"creator_id", "fan_id"}, Fold: List, Person: ".",
	Grain: "One row per creator and fan on the newest complete list of followers.",
	Note:  "On the v1 surface subscribers who also follow stand in both lists.",
	Columns: []Column{
		creatorID(),
		fanOf("uuid"),
		{Name: "registered_at", Path: "registeredAt", Type: Timestamp, Meaning: "Registration of the fan on the platform (UTC); no date of following is served."},
	},
	Ignored: personIgnored(""),
}

var chats = Table{
	Name: "chats", Rows: "data", Key: []string{"creator_id", "fan_id"}, Fold: Upsert, Person: "user",
	Grain: "One row per creator and chat, named by the fan on its other side.",
	// What moves with every message follows from the messages, and would cost a
	// row per chat and night; muting is the creator's own act and stands nowhere else.
	History: []string{"created_at", "is_muted"},
	Columns: []Column{
		creatorID(),
		fanOf("user.uuid"),
		{Name: "created_at", Path: "createdAt", Type: Timestamp, Meaning: "Start of the chat (UTC)."},
		{Name: "last_message_at", Path: "lastMessageAt", Type: Timestamp, Meaning: "Instant of the last message (UTC), NULL in an empty chat."},
		{Name: "last_message_id", Path: "lastMessage.uuid", Type: UUID, Meaning: "Last message."},
		{Name: "is_read", Path: "isRead", Type: Bool, Meaning: "Whether the creator has read the chat; false also when marked unread."},
		{Name: "is_muted", Path: "isMuted", Type: Bool, Meaning: "Whether the creator muted the chat."},
		{Name: "unread_messages_count", Path: "unreadMessagesCount", Type: Int, Meaning: "Messages the creator has not read."},
	},
	Ignored: append(personIgnored("user."), "lastMessage", "isCreator", "online", "lastSeenAt", "creatorUuid"),
}

var messages = Table{
	Name: "messages", Rows: "data", Key: []string{"creator_id", "fan_id", "message_id"}, Time: "sent_at", Fold: Messages,
	Grain: "One row per creator, chat and message.",
	Note:  "A broadcast stands once in each chat. removed_at: a complete read of the window no longer had it (unsent).",
	Columns: []Column{
		creatorID(),
		{Name: "fan_id", From: FromFan, Type: Text, Required: true, Meaning: "Fan on the other side of the chat, as pseudonym; from the chat's path."},
		{Name: "message_id", Path: "uuid", Type: UUID, Required: true, Meaning: "Message, as uuid of the platform."},
		{Name: "sent_at", Path: "sentAt", Type: Timestamp, Meaning: "Instant of sending (UTC)."},
		{Name: "direction", From: FromDirection, Type: Text, Required: true, Meaning: "fan or creator: who sent it.", Example: "fan"},
		{Name: "message_type", Path: "type", Type: Text, Meaning: "Type as served; an open list.", Example: "SINGLE_RECIPIENT"},
		{Name: "sent_by_user_id", Path: "sentByUserId", Type: UUID, Meaning: "Team member who sent it for the creator."},
		{Name: "price_cents", Path: "pricing.USD.price", Type: Cents, Meaning: "Price of a paid message, US cents; NULL if free."},
		{Name: "purchased_at", Path: "purchasedAt", Type: Timestamp, Meaning: "Unlock of a paid message (UTC)."},
		{Name: "is_read", Path: "isRead", Type: Bool, Meaning: "Whether the recipient has read it."},
		{Name: "has_media", Path: "hasMedia", Type: Bool, Meaning: "Whether media are attached."},
		{Name: "media_count", Path: "mediaUuids", From: FromListLength, Type: Int, Meaning: "Number of attached media."},
		{Name: "text_length", Path: "text", From: FromTextLength, Type: Int, Meaning: "Characters of the text, NULL without text."},
		{Name: "text", Path: "text", Type: Text, Meaning: "Text; NULL unless privacy.message_text is keep."},
	},
	Ignored: []string{"sender", "recipient", "mediaType", "mediaUuids", "mediaPreviewUuid", "gif", "tipSource", "appUuid", "pricing", "status", "repliedMessage"},
}

var people = Table{
	Name: "people", Key: []string{"fan_id"}, Fold: People,
	Grain: "One row per fan: the only place of names and of the platform's uuid.",
	Note:  "Private: published apart from the warehouse, in people.duckdb.",
	Columns: []Column{
		{Name: "fan_id", Type: Text, Required: true, Meaning: "Pseudonym, as in every other table."},
		{Name: "fan_uuid", Type: UUID, Required: true, Meaning: "Fan, as uuid of the platform."},
		{Name: "handle", Type: Text, Keep: true, Meaning: "Handle as typed by the fan."},
		{Name: "display_name", Type: Text, Keep: true, Meaning: "Display name as typed by the fan."},
		// Each creator may give another one, so it does not make a row differ.
		{Name: "nickname", Type: Text, Volatile: true, Meaning: "Nickname a creator gave when this handle and name were first seen, if any."},
	},
}

// rejects keep what could not be typed; never loaded, never published.
var rejects = Table{
	Name: "_rejects", Fold: None,
	Grain: "One row per row of the API that could not be typed.",
	Columns: []Column{
		{Name: "table_name", Type: Text, Required: true, Meaning: "Table the row was meant for."},
		{Name: "stream", Type: Text, Required: true, Meaning: "Stream it came from."},
		{Name: "creator_id", Type: UUID, Meaning: "Creator of the slice."},
		{Name: "path", Type: Text, Required: true, Meaning: "Path in the row that was wrong."},
		{Name: "reason", Type: Text, Required: true, Meaning: "What was wrong with it."},
		{Name: "row", Type: Text, Required: true, Meaning: "The row as served."},
	},
}
