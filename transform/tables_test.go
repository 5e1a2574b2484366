package transform_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fanlake/transform/tables"
)

// Pseudonyms of fan and fan2 under testKey, worked out with another
// implementation of HMAC and base32.
const (
	fanID  = "KN23GIEWLBX4W6AEDZRQ3L7DGZ"
	fan2ID = "FXL5DEU4MPEMJ7RHB634HHYVRK"
)

func TestEarnings(t *testing.T) {
	t.Parallel()
	s := seal(t, "earnings", false)
	slice := s.add(input("earnings", `{"data":[
	 {"date":"2026-11-01T10:20:30.123Z","gross":1000,"net":800,"total":1200,"currency":"GBP","source":"message",
	  "transactionOrderId":"FV-1","transactionOrderStatus":"pendingBalance","messageUuid":"AAAAAAAA-0000-4000-8000-000000000001",
	  "user":{"uuid":"`+fan+`","handle":"bob","displayName":"Bob \"B\"","nickname":null,"isTopSpender":true}},
	 {"source":"referral","net":50,"gross":50,"date":"2026-11-01T10:20:30+01:00","user":null,"currency":null},
	 {"date":"2026-10-31","gross":-1000,"net":-800,"source":"refund","reversedTransactionOrderId":"FV-1","transactionOrderId":""}
	],"nextCursor":null}`))
	if slice.Rows != 3 || slice.Rejected != 0 || !slice.Complete || slice.CreatorID != creator {
		t.Errorf("slice %+v", slice)
	}
	s.close()
	rows, _ := read(t, s.rows.Bytes())
	wantLines(t, rows, "creator_id earned_at source gross_cents net_cents total_cents fan_currency",
		creator+" 2026-11-01T10:20:30.123 message 1000 800 1200 GBP",
		creator+" 2026-11-01T09:20:30 referral 50 50 - -",
		creator+" 2026-10-31T00:00:00 refund -1000 -800 - -")
	wantLines(t, rows, "transaction_order_id reversed_transaction_order_id transaction_order_status message_id post_id fan_id",
		"FV-1 - pendingBalance aaaaaaaa-0000-4000-8000-000000000001 - "+fanID,
		"- - - - - -",
		" FV-1 - - - -")
	// SHA-256 of the documented encoding, computed apart from this program.
	wantLines(t, rows, "earning_id",
		"2a14ed8d-c38e-36bf-9abc-0e60f802478e",
		"641e6bb5-bcd7-76c7-ec9b-d682e826e7ed",
		"d8eba626-6db2-bebb-beab-4b7dcce9ed3a")
	wantLines(t, rows[:1], "_run_id _fetched_at _extra _run_seq _page _slice", "run-7 2026-11-02T03:04:05.000006 - 7 1 0")
	people, _ := read(t, s.people.Bytes())
	wantLines(t, people, "fan_id fan_uuid handle display_name nickname _extra _slice", fanID+" "+fan+` bob Bob "B" - - 0`)
	if d := s.side.Drift(); len(d) != 0 {
		t.Errorf("drift %v", d)
	}
	if s.rejects.Len() != 0 {
		t.Error("rejects were begun without a row")
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	full := `"uuid":"` + fan + `","handle":"bob","displayName":"Bob","nickname":"B","isTopSpender":false,"avatarUrl":"https://img.example/a?sig=1","registeredAt":"2025-01-02T03:04:05.000Z"`
	tests := []struct {
		name, table, body, columns, want string
		change                           func(*inputOf)
	}{
		{"creators list", "creators", `{"data":[{"uuid":"` + creator + `","handle":"ava","displayName":"Ava","nickname":null,"isTopSpender":false,"avatarUrl":null,"registeredAt":"2024-05-06T07:08:09.100Z","role":"ADMIN"}],"pagination":{"page":1,"size":1,"hasMore":false}}`,
			"creator_id handle display_name nickname role registered_at", creator + " ava Ava - ADMIN 2024-05-06T07:08:09.1", nil},
		{"own profile", "creators", `{"uuid":"` + creator + `","email":"c@example.test","handle":"ava","bio":"","displayName":"Ava","isCreator":true,"createdAt":"2024-05-06T07:08:09Z","updatedAt":null,"avatarUrl":null,"bannerUrl":null,"likesCount":1,"fanCounts":{"followersCount":1,"subscribersCount":2}}`,
			"creator_id handle role registered_at", creator + " ava owner 2024-05-06T07:08:09", func(in *inputOf) { in.Owner = true }},
		{"account", "account_snapshots", `{"uuid":"` + creator + `","email":"c@example.test","handle":"ava","displayName":"Ava","isCreator":true,"createdAt":"2025-02-01T09:00:00.000Z","updatedAt":null,"avatarUrl":null,"bannerUrl":null,"bio":"","account":{"status":"active","earnings":{"total":912300,"availableBalance":40150,"lastPayoutAt":"2026-10-28T09:00:00.000Z"},"fans":{"followers":310,"subscribers":42}}}`,
			"creator_id fetched_at total_gross_cents available_balance_cents last_payout_at followers subscribers", creator + " 2026-11-02T03:04:05.000006 912300 40150 2026-10-28T09:00:00 310 42", nil},
		{"summary, zone after the rows", "earnings_summary_days", `{"totals":{"allTime":{"gross":1}},"overTime":[{"periodStart":"2026-11-01T00:00:00.000-04:00","gross":5,"net":4}],"period":{"startDate":null,"timezone":"America/New_York","granularity":"day"}}`,
			"creator_id period_date timezone gross_cents net_cents fetched_at", creator + " 2026-11-01 America/New_York 5 4 2026-11-02T03:04:05.000006", nil},
		{"subscriber counts", "subscriber_counts", `{"data":[{"date":"2026-10-31T00:00:00.000Z","total":-3,"newSubscribersCount":1,"cancelledSubscribersCount":4}],"nextCursor":"x"}`,
			"creator_id bucket_date total new_subscribers_count cancelled_subscribers_count", creator + " 2026-10-31 -3 1 4", nil},
		{"top spenders", "top_spenders", `{"data":[{"gross":900,"net":720,"messages":12,"user":{` + full + `}}]}`,
			"creator_id period_month fan_id gross_cents net_cents messages_count", creator + " 2026-10-01 " + fanID + " 900 720 12",
			func(in *inputOf) { in.Month = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC) }},
		{"subscribers of v1", "subscribers", `{"data":[{` + full + `,"subscription":{"status":"active","price":999,"amountPaid":0,"currentPeriodStart":"2026-10-05T00:00:00Z","currentPeriodEnd":null,"autoRenewalEnabled":true},"firstSubscribedAt":"2026-09-05T00:00:00Z"}]}`,
			"fan_id subscription_status price_cents amount_paid_cents current_period_start_at current_period_end_at has_auto_renew first_subscribed_at",
			fanID + " active 999 0 2026-10-05T00:00:00 - true 2026-09-05T00:00:00", nil},
		{"subscribers of v0", "subscribers", `{"data":[{` + full + `}]}`, "fan_id subscription_status price_cents has_auto_renew", fanID + " - - -", nil},
		{"followers, bare array", "followers", `[{` + full + `}]`, "creator_id fan_id registered_at", creator + " " + fanID + " 2025-01-02T03:04:05", nil},
		{"chats", "chats", `{"data":[{"createdAt":"2026-01-01T00:00:00Z","lastMessageAt":null,"isRead":false,"isMuted":true,"unreadMessagesCount":3,"user":{` + full + `},"lastMessage":{"uuid":"` + fan2 + `","text":"hi","senderRole":"FAN"}}],"nextCursor":null,"total":null}`,
			"creator_id fan_id created_at last_message_at last_message_id is_read is_muted unread_messages_count",
			creator + " " + fanID + " 2026-01-01T00:00:00 - " + fan2 + " false true 3", nil},
		{"messages", "messages", `{"data":[{"uuid":"` + fan2 + `","text":"na\u00efve \ud83d\ude00","sentAt":"2026-11-01T00:00:00.001Z","sender":{"uuid":"` + strings.ToUpper(fan) + `","handle":"bob"},"recipient":{},"hasMedia":true,"mediaType":"image","mediaUuids":["` + fan + `","` + fan2 + `"],"type":"TIP","pricing":{"USD":{"price":1500}},"purchasedAt":"2026-11-01T01:00:00Z","sentByUserId":null,"isRead":true}],"dateFilter":null}`,
			"creator_id fan_id message_id sent_at direction message_type sent_by_user_id price_cents purchased_at is_read has_media media_count text_length text",
			creator + " " + fanID + " " + fan2 + " 2026-11-01T00:00:00.001 fan TIP - 1500 2026-11-01T01:00:00 true true 2 7 -",
			func(in *inputOf) { in.FanUUID = fan }},
		{"message of the creator", "messages", `{"data":[{"uuid":"` + fan2 + `","text":null,"sentAt":null,"sender":{"uuid":"` + creator + `"},"sentByUserId":"` + fan2 + `","pricing":null,"type":"NEW_TYPE"}]}`,
			"direction message_type sent_by_user_id price_cents media_count text_length sent_at", "creator NEW_TYPE " + fan2 + " - 0 - -",
			func(in *inputOf) { in.FanUUID = fan }},
		{"mass message", "mass_messages", `{"data":[{"uuid":"` + fan2 + `","text":"naïve","status":"SENT","price":700,"createdAt":"2026-11-01T00:00:00Z","publishedAt":null,"scheduledAt":"2026-11-02T00:00:00Z","recipientCount":9,"viewCount":8,"purchaseCount":2,"totalRevenue":1400,"mediaUuids":["` + fan + `"]}],"nextCursor":null}`,
			"mass_message_id status price_cents published_at scheduled_at recipients_count views_count purchases_count revenue_cents media_ids text_length text",
			fan2 + " SENT 700 - 2026-11-02T00:00:00 9 8 2 1400 [\"" + fan + "\"] 5 -", nil},
		{"post in collections", "posts", `{"data":[{"uuid":"` + fan2 + `","createdAt":"2026-11-01T00:00:00Z","text":null,"price":null,"mediaPreviewUuid":null,"audience":"subscribers","publishAt":null,"publishedAt":"2026-11-01T00:00:00Z","expiresAt":null,"mediaUuids":[],"isPinned":true,"likesCount":3,"commentsCount":2,"tips":{"count":1,"totalGross":500,"totalNet":400},"collections":[{"uuid":"` + fan + `","label":"A"},{"uuid":"` + creator + `"}]}]}`,
			"post_id is_pinned likes_count comments_count tips_count tips_gross_cents tips_net_cents price_cents media_ids collection_ids collection_labels text_length",
			fan2 + ` true 3 2 1 500 400 - [] ["` + fan + `","` + creator + `"] ["A",""] -`, nil},
		{"comment", "post_comments", `{"data":[{"uuid":"` + fan2 + `","text":"hi","user":{"uuid":"` + fan + `","handle":"bob","displayName":"Bob","nickname":"B","isTopSpender":false},"createdAt":"2026-11-01T00:00:00Z","updatedAt":null}]}`,
			"creator_id post_id comment_id fan_id text_length", creator + " " + fan2 + " " + fan2 + " " + fanID + " 2", func(in *inputOf) { in.Parent = fan2 }},
		// SHA-256 of the documented encoding, computed apart from this program.
		{"like of nobody", "post_likes", `{"data":[{"user":null,"createdAt":"2026-11-01T00:00:00Z"}]}`,
			"like_id fan_id created_at", "27db77ca-e1f2-e0d4-3553-50c004d8120f - 2026-11-01T00:00:00", func(in *inputOf) { in.Parent = fan2 }},
		{"tip", "post_tips", `{"data":[{"user":{` + full + `},"createdAt":null,"gross":500,"net":400}]}`,
			"post_id fan_id created_at gross_cents net_cents", fan2 + " " + fanID + " - 500 400", func(in *inputOf) { in.Parent = fan2 }},
		{"tracking link", "tracking_links", `{"data":[{"uuid":"` + fan2 + `","name":"summer","linkUrl":"fv-7","externalSocialPlatform":"reddit","createdAt":"2026-11-01T00:00:00Z","clicks":12,"engagement":{"acquiredSubscribers":1,"acquiredFollowers":2,"totalSubscribers":3,"totalFollowers":4},"earnings":null}],"nextCursor":null}`,
			"link_id name link_code platform clicks_count acquired_subscribers_count acquired_followers_count subscribers_count followers_count gross_cents net_cents",
			fan2 + " summer fv-7 reddit 12 1 2 3 4 - -", nil},
		{"user of a link", "tracking_link_users", `{"data":[{` + full + `,"status":"expired"}]}`, "link_id fan_id status", fan2 + " " + fanID + " expired", func(in *inputOf) { in.Parent = fan2 }},
		{"smart lists, bare array", "smart_lists", `[{"name":"Subscribers","uuid":"subscribers","count":7}]`, "creator_id list_id name members_count", creator + " subscribers Subscribers 7", nil},
		{"member of a smart list", "smart_list_members", `{"data":[{"uuid":"` + fan + `","displayName":"Bob","handle":"bob","nickname":"B","isCreator":false}],"nextCursor":null,"total":null}`,
			"list_id fan_id", "subscribers " + fanID, func(in *inputOf) { in.Parent = "subscribers" }},
		{"member of a custom list", "custom_list_members", `{"data":[{"uuid":"` + fan + `","displayName":"Bob","handle":"bob","nickname":"B","isCreator":false}]}`,
			"list_id fan_id", fan2 + " " + fanID, func(in *inputOf) { in.Parent = fan2 }},
		{"custom list", "custom_lists", `{"data":[{"uuid":"` + fan2 + `","name":"VIP","membersCount":3,"createdAt":null}]}`, "list_id name members_count created_at", fan2 + " VIP 3 -", nil},
		{"template", "message_templates", `{"data":[{"uuid":"` + fan2 + `","text":"abc","price":null,"mediaUuids":[],"folderName":"a/b"}]}`,
			"template_id folder_name price_cents media_ids text_length text", fan2 + " a/b - [] 3 -", nil},
		{"media that is not ready", "media", `{"data":[{"uuid":"` + fan2 + `","status":"processing"}]}`, "media_id status media_type name", fan2 + " processing - -", nil},
		{"media without addresses", "media", `{"data":[{"uuid":"` + fan2 + `","status":"ready","createdAt":null,"caption":null,"description":"d","name":"n","mediaType":"video","recommendedPrice":900,"url":"https://img.example/x?sig=1","variants":[{"url":"https://img.example/y"}],"tags":{"description":null,"isNsfw":true}}]}`,
			"media_id status media_type name caption description recommended_price_cents", fan2 + " ready video n - d 900", nil},
		{"folder", "vault_folders", `{"data":[{"name":"a/b","mediaCount":2,"createdAt":null}]}`, "folder_name media_count created_at", "a/b 2 -", nil},
		{"file in a folder", "vault_folder_media", `{"data":[{"uuid":"` + fan2 + `","name":null,"createdAt":"2026-11-01T00:00:00Z","mediaType":"audio"}]}`,
			"folder_name media_id media_type", "a/b " + fan2 + " audio", func(in *inputOf) { in.Parent = "a/b" }},
		{"notification", "notifications", `{"data":[{"uuid":"` + fan2 + `","createdAt":"2026-11-01T00:00:00Z","eventType":6,"isRead":false,"data":{"postUuid":"` + creator + `","preview":"secret"},"originator":{"uuid":"` + fan + `","handle":"bob","displayName":"Bob","nickname":"B","avatarUrl":null,"isCreator":false},"receiverUuid":"` + creator + `"}]}`,
			"notification_id event_type is_read fan_id post_id _extra", fan2 + " 6 false " + fanID + " " + creator + " -", nil},
		{"unread counts", "unread_counts", `{"unreadChatsCount":1,"unreadMessagesCount":2,"unreadNotifications":{"newFollower":3,"newPostComment":4,"newPostLike":5,"newPurchase":6,"newSubscriber":7,"newTip":8,"newPromotion":9}}`,
			"unread_chats_count unread_messages_count new_followers_count new_comments_count new_likes_count new_purchases_count new_subscribers_count new_tips_count new_promotions_count", "1 2 3 4 5 6 7 8 9", nil},
		{"fan insight", "fan_insights", `{"` + fan + `":{"status":"subscriber","spending":{"lastPurchaseAt":"2026-11-01T00:00:00Z","lastValidPurchaseAt":null,"total":{"gross":5,"total":4,"netTotal":3},"maxSinglePayment":{"gross":2,"total":2},"sources":{"tips":{"total":1,"gross":1,"note":"x"},"messages":{"gross":4,"total":4}}},"subscription":{"createdAt":null,"renewsAt":null,"autoRenewalEnabled":false}}}`,
			"creator_id fan_id status last_purchase_at total_cents net_total_cents max_payment_cents sources has_auto_renew error",
			creator + " " + fanID + ` subscriber 2026-11-01T00:00:00 4 3 2 {"messages":{"gross":4,"total":4},"tips":{"gross":1,"total":1}} false -`, nil},
		{"fan without insight", "fan_insights", `{"` + fan + `":{"error":"not_found"}}`, "fan_id status sources error", fanID + " - - not_found", nil},
		{"team", "team_members", `[{"uuid":"` + fan2 + `","isAdmin":true,"nickname":null,"email":"c@example.test","displayName":"Kim","creatorAccess":[{"uuid":"` + creator + `","role":"CHATTER"}]}]`,
			"creator_id user_id display_name is_admin creator_ids creator_roles", "- " + fan2 + ` Kim true ["` + creator + `"] ["CHATTER"]`, func(in *inputOf) { in.CreatorUUID = "" }},
		{"leaderboard", "chatter_leaderboard", `{"data":[{"chatterUuid":"` + fan2 + `","chatterName":"Kim","avatarUrl":null,"messages":10,"ppvsSent":4,"ppvsUnlocked":1,"revenue":900,"goldenRatio":0.4,"unlockRatio":0.25,"activeHours":2,"eph":450.5,"avgResponseMs":null}]}`,
			"creator_id period_month user_id messages_count revenue_cents golden_ratio unlock_ratio active_hours revenue_cents_per_hour avg_response_ms", "- 2026-10-01 " + fan2 + " 10 900 0.4 0.25 2 450.5 -",
			func(in *inputOf) { in.CreatorUUID, in.Month = "", time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC) }},
		{"day of an agency", "agency_earnings_days", `{"data":[{"creatorUuid":"` + creator + `","date":"2026-11-01","gross":5,"net":4,"currency":"EUR"}]}`,
			"creator_id earned_date currency gross_cents net_cents", creator + " 2026-11-01 EUR 5 4", func(in *inputOf) { in.CreatorUUID = "" }},
		{"subscriber of an agency", "agency_subscribers", `{"data":[{` + full + `,"creatorUuid":"` + creator + `","subscribedAt":"2026-11-01T00:00:00Z","expiresAt":null}]}`,
			"creator_id fan_id subscribed_at expires_at", creator + " " + fanID + " 2026-11-01T00:00:00 -", func(in *inputOf) { in.CreatorUUID = "" }},
		{"trend of an agency", "agency_subscriber_counts", `{"data":[{"creatorUuid":"` + creator + `","date":"2026-11-01","total":7,"newSubscribersCount":2,"cancelledSubscribersCount":1}]}`,
			"creator_id bucket_date total new_subscribers_count cancelled_subscribers_count", creator + " 2026-11-01 7 2 1", func(in *inputOf) { in.CreatorUUID = "" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := seal(t, tt.table, false)
			in := input(tt.table, tt.body)
			if tt.change != nil {
				tt.change(&in)
			}
			if slice := s.add(in); slice.Rows != 1 || slice.Rejected != 0 {
				t.Errorf("slice %+v", slice)
			}
			s.close()
			rows, _ := read(t, s.rows.Bytes())
			wantLines(t, rows, tt.columns, tt.want)
			if d := s.side.Drift(); len(d) > 0 {
				t.Errorf("drift %v", d)
			}
			if tab, _ := tables.ByName(tt.table); tab.Person != "" && strings.Contains(tt.body, `"handle"`) {
				people, _ := read(t, s.people.Bytes())
				wantLines(t, people, "fan_id fan_uuid handle display_name nickname", fanID+" "+fan+" bob Bob B")
			}
			for _, secret := range []string{"c@example.test", "img.example"} {
				if strings.Contains(s.rows.String()+s.people.String(), secret) {
					t.Errorf("%s was stored", secret)
				}
			}
		})
	}
}

// TestColumns reads the types of every part as Parquet has them.
func TestColumns(t *testing.T) {
	t.Parallel()
	types := map[tables.Type]string{
		tables.UUID: "UUID", tables.Text: "String", tables.Fan: "String", tables.Bool: "None",
		tables.Cents: "Int(bitWidth=64, isSigned=true)", tables.Int: "Int(bitWidth=64, isSigned=true)", tables.Date: "Date",
		tables.Number: "None", tables.TextList: "String",
		tables.Timestamp: "Timestamp(isAdjustedToUTC=false, timeUnit=microseconds, is_from_converted_type=false, force_set_converted_type=false)",
	}
	for _, tab := range tables.All {
		var want []string
		for _, c := range append(slices.Clone(tab.Columns), tables.System...) {
			null := " null"
			if c.Required {
				null = ""
			}
			want = append(want, c.Name+" "+types[c.Type]+null)
		}
		s := seal(t, tab.Name, false)
		s.close()
		_, got := read(t, s.rows.Bytes())
		if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
			t.Errorf("%s\ngot\n%s\nwant\n%s", tab.Name, g, w)
		}
	}
}

func TestTextIsKeptOnRequest(t *testing.T) {
	t.Parallel()
	body := `{"data":[{"uuid":"` + fan2 + `","text":"a\u0000\tb","sender":{"uuid":"` + fan + `"}}]}`
	var hashes []string
	for keep, want := range map[bool]string{false: "4 -", true: "4 a\uFFFD\tb"} {
		s := seal(t, "messages", keep)
		in := input("messages", body)
		in.FanUUID = fan
		s.add(in)
		s.close()
		rows, _ := read(t, s.rows.Bytes())
		wantLines(t, rows, "text_length text", want)
		hashes = append(hashes, rows[0]["_hash"])
	}
	if hashes[0] == hashes[1] {
		t.Error("a kept text is not part of the content")
	}
}
