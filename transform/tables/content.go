package tables

// What a creator publishes, keeps and hears of. Counters are the platform's own
// and change at any time; removed_at marks what a later complete read lacked.

func createdAt(meaning string) Column {
	return Column{Name: "created_at", Path: "createdAt", Type: Timestamp, Meaning: meaning}
}

func mediaIDs() Column {
	return Column{Name: "media_ids", Path: "mediaUuids", Type: TextList, Meaning: "Attached media in the order of display, as uuids of the platform."}
}

func price(meaning string) Column {
	return Column{Name: "price_cents", Path: "price", Type: Cents, Meaning: meaning}
}

// texts are the length of a text and the text itself, which is kept on request.
func texts(of string) []Column {
	return []Column{
		{Name: "text_length", Path: "text", From: FromTextLength, Type: Int, Meaning: "Characters of the text of " + of + ", NULL without text."},
		{Name: "text", Path: "text", Type: Text, Meaning: "Text; NULL unless privacy.message_text is keep."},
	}
}

// join puts columns together.
func join(parts ...[]Column) (all []Column) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// maybeFan is a fan who may be missing.
func maybeFan(path, meaning string) Column {
	return Column{Name: "fan_id", Path: path, Type: Fan, Keep: true, Meaning: meaning}
}

var massMessages = Table{
	Name: "mass_messages", Rows: "data", Key: []string{"creator_id", "mass_message_id"}, Fold: Set,
	Grain: "One row per creator and message to many fans.",
	Columns: join([]Column{
		creatorID(),
		{Name: "mass_message_id", Path: "uuid", Type: UUID, Required: true, Meaning: "Mass message, as uuid of the platform."},
		{Name: "status", Path: "status", Type: Text, Meaning: "State as served; an open list.", Example: "SENT"},
		price("Price to unlock, US cents; NULL if free."),
		createdAt("Instant of writing (UTC)."),
		{Name: "published_at", Path: "publishedAt", Type: Timestamp, Meaning: "Instant of sending (UTC)."},
		{Name: "scheduled_at", Path: "scheduledAt", Type: Timestamp, Meaning: "Instant for which it is or was planned (UTC)."},
		{Name: "recipients_count", Path: "recipientCount", Type: Int, Meaning: "Fans it went to."},
		{Name: "views_count", Path: "viewCount", Type: Int, Meaning: "Fans who saw it."},
		{Name: "purchases_count", Path: "purchaseCount", Type: Int, Meaning: "Fans who unlocked it."},
		{Name: "revenue_cents", Path: "totalRevenue", Type: Cents, Meaning: "Revenue as the platform counts it, US cents; the money itself stands in earnings."},
		mediaIDs(),
	}, texts("the message")),
}

var posts = Table{
	Name: "posts", Rows: "data", Key: []string{"creator_id", "post_id"}, Fold: Set,
	Grain: "One row per creator and post, unpublished ones included.",
	Note:  "The money of tips and sales stands in earnings; the figures here are the platform's own.",
	Columns: join([]Column{
		creatorID(),
		{Name: "post_id", Path: "uuid", Type: UUID, Required: true, Meaning: "Post, as uuid of the platform."},
		createdAt("Instant of writing (UTC)."),
		{Name: "publish_at", Path: "publishAt", Type: Timestamp, Meaning: "Instant for which publication is or was planned (UTC)."},
		{Name: "published_at", Path: "publishedAt", Type: Timestamp, Meaning: "Publication (UTC), NULL while unpublished; a repost moves it."},
		{Name: "expires_at", Path: "expiresAt", Type: Timestamp, Meaning: "End of visibility (UTC), NULL if none."},
		{Name: "audience", Path: "audience", Type: Text, Meaning: "Who may see it; an open list.", Example: "subscribers"},
		price("Price to unlock, US cents; NULL if free."),
		{Name: "is_pinned", Path: "isPinned", Type: Bool, Meaning: "Whether it stands at the top of the profile."},
		{Name: "likes_count", Path: "likesCount", Type: Int, Meaning: "Likes."},
		{Name: "comments_count", Path: "commentsCount", Type: Int, Meaning: "Comments."},
		{Name: "tips_count", Path: "tips.count", Type: Int, Meaning: "Tips."},
		{Name: "tips_gross_cents", Path: "tips.totalGross", Type: Cents, Meaning: "Gross of its tips, US cents."},
		{Name: "tips_net_cents", Path: "tips.totalNet", Type: Cents, Meaning: "Net of its tips, US cents."},
		mediaIDs(),
		{Name: "collection_ids", Path: "collections.uuid", Type: TextList, Meaning: "Collections it is in, as uuids of the platform."},
		{Name: "collection_labels", Path: "collections.label", Type: TextList, Meaning: "Names of these collections, in the same order."},
	}, texts("the post")),
	Ignored: []string{"mediaPreviewUuid"},
}

func postID() Column {
	return Column{Name: "post_id", From: FromParent, Type: UUID, Required: true, Meaning: "Post, as in fanvue.posts."}
}

var postComments = Table{
	Name: "post_comments", Rows: "data", Key: []string{"creator_id", "comment_id"}, Fold: Set, Person: "user",
	Grain: "One row per creator and comment on a post.",
	Columns: join([]Column{
		creatorID(), postID(),
		{Name: "comment_id", Path: "uuid", Type: UUID, Required: true, Meaning: "Comment, as uuid of the platform."},
		maybeFan("user.uuid", "Fan who wrote it, as pseudonym; NULL if deleted before it was first seen."),
		createdAt("Instant of writing (UTC)."),
		{Name: "updated_at", Path: "updatedAt", Type: Timestamp, Meaning: "Last edit (UTC), NULL if none."},
	}, texts("the comment")),
	Ignored: personIgnored("user."),
}

var postLikes = Table{
	Name: "post_likes", Rows: "data", Key: []string{"creator_id", "like_id"}, Fold: Set, Person: "user",
	Identity: []string{"creator_id", "post_id", "fan_id", "created_at"},
	Grain:    "One row per creator and like of a post.",
	Note:     "The platform gives likes no id; a like whose fan is deleted becomes another row.",
	Columns: []Column{
		{Name: "like_id", From: FromRowID, Type: UUID, Required: true, Meaning: "Made from creator, post, fan, instant and the ordinal among equal rows."},
		creatorID(), postID(),
		{Name: "fan_id", Path: "user.uuid", Type: Fan, Meaning: "Fan, as pseudonym; NULL if deleted."},
		createdAt("Instant of the like (UTC)."),
	},
	Ignored: personIgnored("user."),
}

var postTips = Table{
	Name: "post_tips", Rows: "data", Key: []string{"creator_id", "tip_id"}, Fold: Set, Person: "user",
	Identity: []string{"creator_id", "post_id", "fan_id", "created_at", "gross_cents", "net_cents"},
	Grain:    "One row per creator and tip for a post.",
	Note:     "Each tip is an earning too: never add the two. The platform gives tips no id here.",
	Columns: []Column{
		{Name: "tip_id", From: FromRowID, Type: UUID, Required: true, Meaning: "Made from creator, post, fan, instant, gross, net and the ordinal among equal rows."},
		creatorID(), postID(),
		{Name: "fan_id", Path: "user.uuid", Type: Fan, Meaning: "Fan, as pseudonym; NULL if deleted."},
		createdAt("Instant of the tip (UTC), NULL where the platform does not say."),
		{Name: "gross_cents", Path: "gross", Type: Cents, Required: true, Meaning: "Gross, US cents."},
		{Name: "net_cents", Path: "net", Type: Cents, Required: true, Meaning: "Net, US cents."},
	},
	Ignored: personIgnored("user."),
}

var trackingLinks = Table{
	Name: "tracking_links", Rows: "data", Key: []string{"creator_id", "link_id"}, Fold: Set,
	Grain: "One row per creator and tracking link.",
	Columns: []Column{
		creatorID(),
		{Name: "link_id", Path: "uuid", Type: UUID, Required: true, Meaning: "Link, as uuid of the platform."},
		{Name: "name", Path: "name", Type: Text, Meaning: "Name the creator gave."},
		{Name: "link_code", Path: "linkUrl", Type: Text, Meaning: "Code of the link.", Example: "fv-1"},
		{Name: "platform", Path: "externalSocialPlatform", Type: Text, Meaning: "Where the link is used; an open list.", Example: "reddit"},
		createdAt("Instant of creation (UTC)."),
		{Name: "clicks_count", Path: "clicks", Type: Int, Meaning: "Clicks."},
		{Name: "acquired_subscribers_count", Path: "engagement.acquiredSubscribers", Type: Int, Meaning: "Fans who came by it and subscribed."},
		{Name: "acquired_followers_count", Path: "engagement.acquiredFollowers", Type: Int, Meaning: "Fans who came by it and followed."},
		{Name: "subscribers_count", Path: "engagement.totalSubscribers", Type: Int, Meaning: "Of its users, those who subscribe now."},
		{Name: "followers_count", Path: "engagement.totalFollowers", Type: Int, Meaning: "Of its users, those who follow now."},
		{Name: "gross_cents", Path: "earnings.totalGross", Type: Cents, Meaning: "Gross of its users, US cents; NULL where the platform does not say."},
		{Name: "net_cents", Path: "earnings.totalNet", Type: Cents, Meaning: "Net of its users, US cents; NULL where the platform does not say."},
	},
}

var trackingLinkUsers = Table{
	Name: "tracking_link_users", Rows: "data", Key: []string{"creator_id", "link_id", "fan_id"}, Fold: Set, Person: ".",
	Grain: "One row per creator, tracking link and fan who came by it.",
	Columns: []Column{
		creatorID(),
		{Name: "link_id", From: FromParent, Type: UUID, Required: true, Meaning: "Link, as in fanvue.tracking_links."},
		fanOf("uuid"),
		{Name: "status", Path: "status", Type: Text, Meaning: "subscriber, follower, expired or deleted; NULL where the platform does not say.", Example: "subscriber"},
	},
	Ignored: personIgnored(""),
}

var smartLists = Table{
	Name: "smart_lists", Rows: "data", Key: []string{"creator_id", "list_id"}, Fold: Set,
	Grain: "One row per creator and list that the platform keeps.",
	Columns: []Column{
		creatorID(),
		{Name: "list_id", Path: "uuid", Type: Text, Required: true, Meaning: "List, by the platform's slug.", Example: "subscribers"},
		{Name: "name", Path: "name", Type: Text, Meaning: "Name the platform shows."},
		{Name: "members_count", Path: "count", Type: Int, Meaning: "Contactable fans on it when it was read."},
	},
}

func membersOf(name, listType string) Table {
	list := Column{Name: "list_id", From: FromParent, Type: UUID, Required: true, Meaning: "List, as in fanvue." + listType + "."}
	if listType == "smart_lists" {
		list.Type = Text
	}
	return Table{
		Name: name, Rows: "data", Key: []string{"creator_id", "list_id", "fan_id"}, Fold: Set, Person: ".",
		Grain:   "One row per creator, list of " + listType + " and fan on it.",
		Columns: []Column{creatorID(), list, fanOf("uuid")},
		Ignored: personIgnored(""),
	}
}

var (
	smartListMembers  = membersOf("smart_list_members", "smart_lists")
	customListMembers = membersOf("custom_list_members", "custom_lists")
)

var customLists = Table{
	Name: "custom_lists", Rows: "data", Key: []string{"creator_id", "list_id"}, Fold: Set,
	Grain: "One row per creator and list of fans that the creator keeps.",
	Columns: []Column{
		creatorID(),
		{Name: "list_id", Path: "uuid", Type: UUID, Required: true, Meaning: "List, as uuid of the platform."},
		{Name: "name", Path: "name", Type: Text, Meaning: "Name the creator gave."},
		{Name: "members_count", Path: "membersCount", Type: Int, Meaning: "Fans on it."},
		createdAt("Instant of creation (UTC)."),
	},
}

var messageTemplates = Table{
	Name: "message_templates", Rows: "data", Key: []string{"creator_id", "template_id"}, Fold: Set,
	Grain: "One row per creator and message kept for later use.",
	Columns: join([]Column{
		creatorID(),
		{Name: "template_id", Path: "uuid", Type: UUID, Required: true, Meaning: "Template, as uuid of the platform."},
		{Name: "folder_name", Path: "folderName", Type: Text, Meaning: "Folder, NULL for none."},
		price("Price to unlock, US cents; NULL if free."),
		mediaIDs(),
	}, texts("the template")),
}

var media = Table{
	Name: "media", Rows: "data", Key: []string{"creator_id", "media_id"}, Fold: Set,
	Grain: "One row per creator and file of the vault: what it is, never where it lies.",
	Note:  "Of a file that is not ready only its id and status are known.",
	Columns: []Column{
		creatorID(),
		{Name: "media_id", Path: "uuid", Type: UUID, Required: true, Meaning: "File, as uuid of the platform."},
		{Name: "status", Path: "status", Type: Text, Meaning: "created, processing, ready or error.", Example: "ready"},
		{Name: "media_type", Path: "mediaType", Type: Text, Meaning: "image, video, audio or document.", Example: "image"},
		createdAt("Instant of upload (UTC)."),
		{Name: "name", Path: "name", Type: Text, Meaning: "Name the creator gave."},
		{Name: "caption", Path: "caption", Type: Text, Meaning: "Caption."},
		{Name: "description", Path: "description", Type: Text, Meaning: "Description."},
		{Name: "recommended_price_cents", Path: "recommendedPrice", Type: Cents, Meaning: "Price the creator noted, US cents; NULL if none."},
	},
	Ignored: []string{"url", "variants", "tags", "purchasedByFan"},
}

var vaultFolders = Table{
	Name: "vault_folders", Rows: "data", Key: []string{"creator_id", "folder_name"}, Fold: Set,
	Grain: "One row per creator and folder of the vault.",
	Columns: []Column{
		creatorID(),
		{Name: "folder_name", Path: "name", Type: Text, Required: true, Meaning: "Name, which identifies the folder."},
		{Name: "media_count", Path: "mediaCount", Type: Int, Meaning: "Files in it."},
		createdAt("Instant of creation (UTC)."),
	},
}

var vaultFolderMedia = Table{
	Name: "vault_folder_media", Rows: "data", Key: []string{"creator_id", "folder_name", "media_id"}, Fold: Set,
	Grain: "One row per creator, folder of the vault and file in it.",
	Columns: []Column{
		creatorID(),
		{Name: "folder_name", From: FromParent, Type: Text, Required: true, Meaning: "Folder, as in fanvue.vault_folders."},
		{Name: "media_id", Path: "uuid", Type: UUID, Required: true, Meaning: "File, as in fanvue.media."},
		{Name: "media_type", Path: "mediaType", Type: Text, Meaning: "image, video, audio or document.", Example: "image"},
		createdAt("Instant of upload (UTC)."),
	},
	Ignored: []string{"name"},
}

var notifications = Table{
	Name: "notifications", Rows: "data", Key: []string{"creator_id", "notification_id"}, Fold: Set, Person: "originator",
	Grain: "One row per creator and notification of the platform.",
	Note:  "The platform's log of events: the only instants of follows and likes it serves.",
	Columns: []Column{
		creatorID(),
		{Name: "notification_id", Path: "uuid", Type: UUID, Required: true, Meaning: "Notification, as uuid of the platform."},
		createdAt("Instant of the event (UTC)."),
		{Name: "event_type", Path: "eventType", Type: Int, Required: true, Meaning: "Kind by number: 6 comment, 7 like, 9 purchase, 10 subscriber, 11 tip, 12 follower, 14 promotion, 19 promotion paid, 26 account health, 27 poll closed, 28 fan may leave.", Example: "12"},
		{Name: "is_read", Path: "isRead", Type: Bool, Meaning: "Whether the creator has seen it."},
		maybeFan("originator.uuid", "Fan it is about, as pseudonym; NULL for the platform and deleted fans."),
		{Name: "post_id", Path: "data.postUuid", Type: UUID, Meaning: "Post it is about, if any."},
	},
	Ignored: append(personIgnored("originator."), "receiverUuid", "data"),
}

var unreadCounts = Table{
	Name: "unread_counts", Key: []string{"creator_id", "fetched_at"}, Time: "fetched_at", Fold: Snapshots,
	Grain: "One row per creator and change of what waits to be looked at.",
	Note:  "A snapshot equal to the one before adds no row.",
	Columns: []Column{
		creatorID(),
		{Name: "fetched_at", From: FromFetched, Type: Timestamp, Required: true, Volatile: true, Meaning: "Server time of the snapshot (UTC)."},
		{Name: "unread_chats_count", Path: "unreadChatsCount", Type: Int, Meaning: "Chats with unread messages."},
		{Name: "unread_messages_count", Path: "unreadMessagesCount", Type: Int, Meaning: "Unread messages."},
		{Name: "new_followers_count", Path: "unreadNotifications.newFollower", Type: Int, Meaning: "Unseen notifications of followers."},
		{Name: "new_comments_count", Path: "unreadNotifications.newPostComment", Type: Int, Meaning: "Unseen notifications of comments."},
		{Name: "new_likes_count", Path: "unreadNotifications.newPostLike", Type: Int, Meaning: "Unseen notifications of likes."},
		{Name: "new_purchases_count", Path: "unreadNotifications.newPurchase", Type: Int, Meaning: "Unseen notifications of purchases."},
		{Name: "new_subscribers_count", Path: "unreadNotifications.newSubscriber", Type: Int, Meaning: "Unseen notifications of subscribers."},
		{Name: "new_tips_count", Path: "unreadNotifications.newTip", Type: Int, Meaning: "Unseen notifications of tips."},
		{Name: "new_promotions_count", Path: "unreadNotifications.newPromotion", Type: Int, Meaning: "Unseen notifications of promotions."},
	},
}

var fanInsights = Table{
	Name: "fan_insights", Rows: "*", Key: []string{"creator_id", "fan_id"}, Fold: Upsert,
	Grain: "One row per creator and fan: the platform's own figures of the fan.",
	Note:  "A cross-check; derive figures from earnings. Totals are less reversals, sources are not.",
	Columns: []Column{
		creatorID(),
		{Name: "fan_id", From: FromMember, Type: Fan, Required: true, Meaning: "Fan, as pseudonym."},
		{Name: "status", Path: "status", Type: Text, Meaning: "subscriber, expired, follower or not_contactable.", Example: "subscriber"},
		{Name: "last_purchase_at", Path: "spending.lastPurchaseAt", Type: Timestamp, Meaning: "Last payment (UTC)."},
		{Name: "last_valid_purchase_at", Path: "spending.lastValidPurchaseAt", Type: Timestamp, Meaning: "Last payment that no reversal took back (UTC)."},
		{Name: "total_cents", Path: "spending.total.total", Type: Cents, Meaning: "Gross of all payments less reversals, US cents."},
		{Name: "net_total_cents", Path: "spending.total.netTotal", Type: Cents, Meaning: "Net of all payments less reversals, US cents."},
		{Name: "max_payment_cents", Path: "spending.maxSinglePayment.total", Type: Cents, Meaning: "Largest single payment, US cents."},
		{Name: "sources", Path: "spending.sources", From: FromFigures, Type: Text, Meaning: "JSON object of source to gross and total, US cents, reversals left in."},
		{Name: "subscribed_at", Path: "subscription.createdAt", Type: Timestamp, Meaning: "Start of the subscription (UTC)."},
		{Name: "renews_at", Path: "subscription.renewsAt", Type: Timestamp, Meaning: "Next renewal (UTC), NULL if none."},
		{Name: "has_auto_renew", Path: "subscription.autoRenewalEnabled", Type: Bool, Meaning: "Whether the subscription renews by itself."},
		{Name: "error", Path: "error", Type: Text, Meaning: "Why the platform gave no figures: forbidden, not_found or internal; NULL if it did."},
	},
	Ignored: []string{"spending.total.gross", "spending.maxSinglePayment.gross"},
}
