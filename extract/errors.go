package extract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// What the caller should do.
var (
	// ErrBadRequest: the request itself is wrong (400). Never retried; on a
	// resumed cursor the slice starts again.
	ErrBadRequest = errors.New("bad request")
	// ErrUnauthorized: the credential is refused (401). The account stops.
	ErrUnauthorized = errors.New("credential refused")
	// ErrForbidden: this key may not read this stream (403). Others go on.
	ErrForbidden = errors.New("not permitted for this key")
	// ErrNotFound: there is no such thing, or no longer (404).
	ErrNotFound = errors.New("not found")
	// ErrGone: the API version is no longer served (410). The run stops.
	ErrGone = errors.New("API version gone")
	// ErrRateLimited: refused for the rate limit (429) as often as retries go.
	ErrRateLimited = errors.New("rate limited")
	// ErrBudget: the run's own request budget is spent. A clean stop.
	ErrBudget = errors.New("request budget spent")
	// ErrUnavailable: the API answered nothing but that it is down (502, 503,
	// 504) for a quarter of an hour. The run stops, the next one goes on.
	ErrUnavailable = errors.New("the API is down")
	// ErrNoAnswer: a request hung as often as it was sent. Others may be
	// answered.
	ErrNoAnswer = errors.New("no answer")
	// ErrReadOnly: the request is not one of the documented reads.
	ErrReadOnly = errors.New("not a read")
	// ErrInsecure: the request would leave https or the API's host.
	ErrInsecure = errors.New("insecure address")
	// ErrUnsent comes beside the reason of every request that was not sent: it
	// cost nothing of the rate limit and counts nowhere.
	ErrUnsent = errors.New("nothing was sent")
	// ErrTooLarge: the answer is larger than any page can be.
	ErrTooLarge = errors.New("answer too large")
)

// unsent is why a request was not sent. It is [ErrUnsent] as well, which its
// text leaves to the reason.
type unsent struct{ err error }

func (e unsent) Error() string        { return e.err.Error() }
func (e unsent) Unwrap() error        { return e.err }
func (e unsent) Is(target error) bool { return target == ErrUnsent }

// A StatusError is an answer other than 2xx.
type StatusError struct {
	Code        int
	Method      string
	Path        string        // without the query
	Message     string        // from the body: one line, at most 300 characters
	RequestID   string        // X-Request-Id, for the provider's support
	NextVersion string        // the API version to move to, with 410
	RetryAfter  time.Duration // the server's hint; 0 for none
}

func (e *StatusError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: status %d", e.Method, e.Path, e.Code)
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.NextVersion != "" {
		b.WriteString("; next version " + e.NextVersion)
	}
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	return b.String()
}

// Is matches the sentinel of the status.
func (e *StatusError) Is(target error) bool {
	switch e.Code {
	case http.StatusBadRequest:
		return target == ErrBadRequest
	case http.StatusUnauthorized:
		return target == ErrUnauthorized
	case http.StatusForbidden:
		return target == ErrForbidden
	case http.StatusNotFound:
		return target == ErrNotFound
	case http.StatusGone:
		return target == ErrGone
	case http.StatusTooManyRequests:
		return target == ErrRateLimited
	}
	return false
}

const (
	maxErrorBody    = 64 << 10
	maxErrorMessage = 300
	maxErrorToken   = 100
)

// newStatusError reads what an answer says of its failure. The API has no single
// envelope for errors: "error", "message" and "errors" occur alone and together.
func newStatusError(req *http.Request, resp *http.Response) *StatusError {
	e := &StatusError{
		Code: resp.StatusCode, Method: req.Method, Path: req.URL.EscapedPath(),
		RequestID:   oneLine(resp.Header.Get("X-Request-Id"), maxErrorToken),
		NextVersion: oneLine(resp.Header.Get("X-Fanvue-API-Next-Version"), maxErrorToken),
		RetryAfter:  parseRetryAfter(resp.Header, time.Now()),
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what came is what can be said
	var parts []string
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) == nil {
		parts = append(parts, texts(fields["error"])...)
		parts = append(parts, texts(fields["message"])...)
		parts = append(parts, texts(fields["errors"])...)
		if next := texts(fields["nextVersion"]); len(next) > 0 {
			e.NextVersion = oneLine(next[0], maxErrorToken)
		}
	}
	e.Message = oneLine(strings.Join(parts, ": "), maxErrorMessage)
	return e
}

// texts is the string, or the strings of the list, that v holds.
func texts(v json.RawMessage) []string {
	var one string
	if json.Unmarshal(v, &one) == nil && one != "" {
		return []string{one}
	}
	var list []json.RawMessage
	var all []string
	if json.Unmarshal(v, &list) == nil {
		for _, item := range list {
			if json.Unmarshal(item, &one) == nil && one != "" {
				all = append(all, one)
			}
		}
	}
	return all
}

// oneLine makes text of the network fit to print: spaces for control and
// invisible formatting characters, and no more than most characters.
func oneLine(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most-1]) + "…"
	}
	return s
}
