package extract

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func statusErrorOf(code int, body string, h http.Header) *StatusError {
	req := httptest.NewRequest(http.MethodGet, "https://api.fanvue.com/v1/users/me?cursor=abc", nil)
	return newStatusError(req, &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader(body))})
}

func TestStatusErrorReadsEveryEnvelope(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ body, want string }{
		{`{"error":"Unauthorized"}`, "Unauthorized"},
		{`{"message":"Invalid UUID format"}`, "Invalid UUID format"},
		{`{"errors":["size too large","bad date"]}`, "size too large: bad date"},
		{`{"error":"a","message":"b","errors":["c",7,{"x":1}]}`, "a: b: c"},
		{`{"error":{"code":1},"message":null}`, ""},
		{`<html>`, ""},
		{``, ""},
		{`{"message":"line\nnext\u001b[31m \u202eevil\u0000"}`, "line next [31m evil"},
		{`{"message":"` + strings.Repeat("é", 400) + `"}`, strings.Repeat("é", 299) + "…"},
		{`{"message":"` + strings.Repeat("a", maxErrorBody) + `"}`, ""},
	} {
		if got := statusErrorOf(400, test.body, http.Header{}).Message; got != test.want {
			t.Errorf("%.60s: %q, want %q", test.body, got, test.want)
		}
	}
	e := statusErrorOf(410, `{"error":"gone","nextVersion":"2027-01-01"}`, http.Header{"X-Request-Id": {"r1\x00"}, "Retry-After": {"9"}})
	if want := "GET /v1/users/me: status 410: gone; next version 2027-01-01 (request r1)"; e.Error() != want {
		t.Errorf("%q, want %q", e, want)
	}
	if e.RetryAfter != 9*time.Second {
		t.Errorf("retry after %v", e.RetryAfter)
	}
}

func TestStatusErrorIs(t *testing.T) {
	t.Parallel()
	sentinels := map[int]error{400: ErrBadRequest, 401: ErrUnauthorized, 403: ErrForbidden, 404: ErrNotFound, 410: ErrGone, 429: ErrRateLimited, 500: nil, 418: nil}
	for code := range sentinels {
		var err error = &StatusError{Code: code}
		for other, sentinel := range sentinels {
			if sentinel != nil && errors.Is(err, sentinel) != (code == other) {
				t.Errorf("%d is %v: %v", code, sentinel, errors.Is(err, sentinel))
			}
		}
	}
}

// TestErrorsDoNotEchoTheCredential, even if the server does.
func TestErrorsDoNotEchoTheCredential(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		key := r.Header.Get("X-Fanvue-API-Key")
		io.WriteString(w, `{"error":"no such key: `+key+`","message":"`+strings.ReplaceAll(key, "/", `\/`)+`"}`)
	}))
	defer srv.Close()
	tr := testTransport(t, TransportOptions{BaseURL: srv.URL})
	resp, err := tr.Client().Get(srv.URL + "/v1/users/me")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	e := newStatusError(resp.Request, resp)
	if !errors.Is(e, ErrUnauthorized) || e.Message != "no such key: [redacted]: [redacted]" {
		t.Errorf("%v", e)
	}
}

func FuzzStatusError(f *testing.F) {
	for _, s := range []string{`{"error":"x"}`, `{"errors":[1,"a"]}`, `{"message":"\u001b"}`, "", "[", "{\"error\":\"\xff\"}"} {
		f.Add(s, "id")
	}
	f.Fuzz(func(t *testing.T, body, id string) {
		e := statusErrorOf(500, body, http.Header{"X-Request-Id": {id}})
		text := e.Error()
		if utf8.RuneCountInString(e.Message) > maxErrorMessage || utf8.RuneCountInString(e.RequestID) > maxErrorToken || !utf8.ValidString(text) {
			t.Errorf("%q", text)
		}
		for _, r := range text {
			if !unicode.IsPrint(r) {
				t.Errorf("%q has %U", text, r)
			}
		}
	})
}
