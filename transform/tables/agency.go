package tables

// What an agency sees of itself and across its creators. creator_id is NULL
// where a row belongs to no creator.

var noCreator = Column{Name: "creator_id", From: FromCreator, Type: UUID, Meaning: "Always NULL: the row belongs to the agency."}

func creatorOfRow() Column {
	return Column{Name: "creator_id", Path: "creatorUuid", Type: UUID, Required: true, Meaning: "Creator, as uuid of the platform."}
}

var teamMembers = Table{
	Name: "team_members", Rows: "data", Key: []string{"user_id"}, Fold: Set,
	Grain: "One row per member of the agency's team.",
	Note:  "E-mail addresses are not kept.",
	Columns: []Column{
		noCreator,
		{Name: "user_id", Path: "uuid", Type: UUID, Required: true, Meaning: "Member, as uuid of the platform; sent_by_user_id of messages names the same."},
		{Name: "display_name", Path: "displayName", Type: Text, Meaning: "Display name."},
		{Name: "nickname", Path: "nickname", Type: Text, Meaning: "Nickname the agency gave, if any."},
		{Name: "is_admin", Path: "isAdmin", Type: Bool, Meaning: "Whether the member administers the agency."},
		{Name: "creator_ids", Path: "creatorAccess.uuid", Type: TextList, Meaning: "Creators the member works for, as uuids of the platform."},
		{Name: "creator_roles", Path: "creatorAccess.role", Type: TextList, Meaning: "Roles for these creators, in the same order: ADMIN or CHATTER."},
	},
	Ignored: []string{"email", "avatarUrl"},
}

var chatterLeaderboard = Table{
	Name: "chatter_leaderboard", Rows: "data", Key: []string{"period_month", "user_id"}, Time: "period_month", Fold: Upsert,
	Grain: "One row per UTC month and member of the agency's team who chatted.",
	Note:  "The platform's own figures, refreshed at most daily.",
	Columns: []Column{
		noCreator,
		{Name: "period_month", From: FromWindowMonth, Type: Date, Required: true, Meaning: "First day of the UTC month."},
		{Name: "user_id", Path: "chatterUuid", Type: UUID, Required: true, Meaning: "Member, as in fanvue.team_members."},
		{Name: "display_name", Path: "chatterName", Type: Text, Meaning: "Display name."},
		{Name: "messages_count", Path: "messages", Type: Int, Meaning: "Messages sent."},
		{Name: "ppv_sent_count", Path: "ppvsSent", Type: Int, Meaning: "Paid messages sent."},
		{Name: "ppv_unlocked_count", Path: "ppvsUnlocked", Type: Int, Meaning: "Paid messages that were unlocked."},
		{Name: "revenue_cents", Path: "revenue", Type: Cents, Meaning: "Revenue of unlocked messages, US cents."},
		{Name: "golden_ratio", Path: "goldenRatio", Type: Number, Meaning: "Paid messages sent per message sent."},
		{Name: "unlock_ratio", Path: "unlockRatio", Type: Number, Meaning: "Unlocked per paid message sent."},
		{Name: "active_hours", Path: "activeHours", Type: Number, Meaning: "Hours with a message."},
		{Name: "revenue_cents_per_hour", Path: "eph", Type: Number, Meaning: "Revenue per active hour as the platform states it, US cents; a ratio, not a sum of money."},
		{Name: "avg_response_ms", Path: "avgResponseMs", Type: Number, Meaning: "Mean time to answer, milliseconds; NULL without answers."},
	},
	Ignored: []string{"avatarUrl"},
}

var agencyEarningsDays = Table{
	Name: "agency_earnings_days", Rows: "data", Key: []string{"creator_id", "day_id"}, Fold: Upsert,
	Identity: []string{"creator_id", "earned_date", "currency"},
	Grain:    "One row per creator, UTC day and currency of the agency's own totals.",
	Note:     "A hint, not a ledger: reversals are left out, and amounts are minor units of the row's own currency.",
	Columns: []Column{
		{Name: "day_id", From: FromRowID, Type: UUID, Required: true, Meaning: "Made from creator, day and currency."},
		creatorOfRow(),
		{Name: "earned_date", Path: "date", Type: Date, Required: true, Meaning: "UTC day of payment."},
		{Name: "currency", Path: "currency", Type: Text, Meaning: "Currency of the amounts; never add amounts of several.", Example: "USD"},
		{Name: "gross_cents", Path: "gross", Type: Cents, Required: true, Meaning: "Gross, minor units of the currency."},
		{Name: "net_cents", Path: "net", Type: Cents, Required: true, Meaning: "Net, minor units of the currency."},
	},
}

var agencySubscribers = Table{
	Name: "agency_subscribers", Rows: "data", Key: []string{"creator_id", "fan_id", "subscribed_at"}, Fold: Set, Person: ".",
	Grain: "One row per creator and active subscription on the agency's own list.",
	Columns: []Column{
		creatorOfRow(),
		fanOf("uuid"),
		{Name: "subscribed_at", Path: "subscribedAt", Type: Timestamp, Required: true, Meaning: "Start of the subscription (UTC)."},
		{Name: "expires_at", Path: "expiresAt", Type: Timestamp, Meaning: "End of the subscription (UTC), NULL if open."},
	},
	Ignored: personIgnored(""),
}

var agencySubscriberCounts = Table{
	Name: "agency_subscriber_counts", Rows: "data", Key: []string{"creator_id", "bucket_date"}, Time: "bucket_date", Fold: Upsert,
	Grain: "One row per creator and UTC day of the agency's own subscriber trend.",
	Note:  "total is a running figure of the platform, no head count.",
	Columns: []Column{
		creatorOfRow(),
		{Name: "bucket_date", Path: "date", Type: Date, Required: true, Meaning: "UTC day."},
		{Name: "total", Path: "total", Type: Int, Volatile: true, Meaning: "Running net change, as served."},
		{Name: "new_subscribers_count", Path: "newSubscribersCount", Type: Int, Required: true, Meaning: "Starts on the day."},
		{Name: "cancelled_subscribers_count", Path: "cancelledSubscribersCount", Type: Int, Required: true, Meaning: "Cancellations on the day."},
	},
}
