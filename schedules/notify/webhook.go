package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Webhook posts JSON, signed as the Standard Webhooks say
// (www.standardwebhooks.com), for which receivers find a library:
//
//	webhook-id         the same for all attempts of a message
//	webhook-timestamp  Unix seconds of the attempt
//	webhook-signature  v1,<base64 of the HMAC-SHA-256 of "id.timestamp.body">
//
// A secret of the form whsec_<base64> is decoded first, any other taken as it is.
type Webhook struct {
	// URL and Secret read the address and the secret.
	URL, Secret func() (string, error)
}

// A hookBody is the JSON of a webhook. Fields may be added.
type hookBody struct {
	Event      Event     `json:"event"`
	Account    string    `json:"account,omitempty"`
	Job        string    `json:"job,omitempty"`
	RunID      string    `json:"run_id,omitempty"`
	ExitStatus *int      `json:"exit_status,omitempty"` // of the end of a job
	At         time.Time `json:"at"`
	Subject    string    `json:"subject"`
	Text       string    `json:"text"`
}

// Send posts.
func (w Webhook) Send(ctx context.Context, d Delivery) error {
	u, err := address(w.URL)
	if err != nil {
		return err
	}
	secret, err := w.Secret()
	if err != nil {
		return final{err}
	}
	b := hookBody{Event: d.Event, Account: d.Account, Job: d.Job, RunID: d.RunID, At: d.At.UTC(), Subject: d.Subject, Text: d.Text}
	switch d.Event {
	case Success, Partial, Failure, Mismatch:
		b.ExitStatus = &d.ExitStatus
	}
	body, err := json.Marshal(b)
	if err != nil {
		return final{err}
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	signature, err := sign(secret, d.ID, stamp, string(body))
	if err != nil {
		return final{err}
	}
	h := http.Header{"Content-Type": {"application/json"}}
	h.Set("webhook-id", d.ID)
	h.Set("webhook-timestamp", stamp)
	h.Set("webhook-signature", signature)
	return post(ctx, u, string(body), h)
}

func sign(secret, id, stamp, body string) (string, error) {
	key := []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return "", errors.New("its secret begins with whsec_, but no base64 follows")
		}
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
