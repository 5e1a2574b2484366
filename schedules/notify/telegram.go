package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/telegram"
)

// longestTelegram bounds a text, in units of UTF-16: the service refuses longer
// ones.
const longestTelegram = 4096

// sendTelegram sends plain text to the chats of an address that have not
// answered for good. The library reads the address alone: its client of this
// service takes no answer, or one that is no JSON, for success.
func sendTelegram(ctx context.Context, c *telegram.Config, text string, answered map[string]error) error {
	to := &url.URL{Scheme: "https", Host: "api.telegram.org", Path: "/bot" + c.Token + "/sendMessage"}
	text = cutUTF16(text, longestTelegram)
	var refused, failed error // any one of each says enough
	for _, chat := range c.Chats {
		err, done := answered[chat]
		if !done {
			err = sendToChat(ctx, to, c, chat, text)
		}
		var f final
		switch {
		case err == nil:
			answered[chat] = nil
		case errors.As(err, &f):
			answered[chat] = err
			refused = cmp.Or(refused, err)
		default:
			failed = cmp.Or(failed, err)
		}
	}
	return cmp.Or(failed, refused) // what failed is worth another attempt
}

// sendToChat sends a text to a chat, or to a thread of it as in "chat:thread".
func sendToChat(ctx context.Context, to *url.URL, c *telegram.Config, chat, text string) error {
	m := telegram.SendMessagePayload{Text: text, DisablePreview: !c.Preview, DisableNotification: !c.Notification}
	var thread string
	m.ID, thread, _ = strings.Cut(chat, ":")
	if n, err := strconv.Atoi(thread); err == nil {
		m.MessageThreadID = &n
	}
	body, err := json.Marshal(m)
	if err != nil {
		return final{err}
	}
	return post(ctx, to, string(body), http.Header{"Content-Type": {"application/json"}})
}

// cutUTF16 shortens a text to a number of units of UTF-16.
func cutUTF16(text string, most int) string {
	units, keep := 0, 0 // keep is where the text is cut if it has to be
	for i, r := range text {
		if units < most {
			keep = i
		}
		if units += utf16.RuneLen(r); units > most {
			return text[:keep] + "…"
		}
	}
	return text
}
