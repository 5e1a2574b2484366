package notify

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/telegram"
)

// longestTelegram bounds a text, in characters: the service refuses longer ones.
const longestTelegram = 4096

// sendTelegram sends plain text to the chats of an address. The library reads
// the address alone: its client of this service takes no answer, or one that is
// no JSON, for success.
func sendTelegram(ctx context.Context, c *telegram.Config, text string) error {
	to := &url.URL{Scheme: "https", Host: "api.telegram.org", Path: "/bot" + c.Token + "/sendMessage"}
	if r := []rune(text); len(r) > longestTelegram {
		text = string(r[:longestTelegram-1]) + "…"
	}
	var first error // any one says enough
	for _, chat := range c.Chats {
		m := telegram.SendMessagePayload{Text: text, DisablePreview: !c.Preview, DisableNotification: !c.Notification}
		var thread string
		m.ID, thread, _ = strings.Cut(chat, ":")
		if n, err := strconv.Atoi(thread); err == nil {
			m.MessageThreadID = &n
		}
		body, err := json.Marshal(m)
		if err == nil {
			err = post(ctx, to, string(body), http.Header{"Content-Type": {"application/json"}})
		}
		if first == nil {
			first = err
		}
	}
	return first
}
