package pipeline

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanlake/extract"
)

// FuzzOwner reads any text as owner.json: it names an owner and a key, or is
// refused with the file's name and the next step.
func FuzzOwner(f *testing.F) {
	for _, text := range []string{
		`{"owner":"0697fe3e-eee1-4d22-a1f3-c540641843fc","handle":"ava","account":"main","key_fingerprint":"k","since":"2026-11-20T03:00:00Z"}`,
		`{"owner":"a"}`, `{"key_fingerprint":"k"}`, `{"owner":null,"key_fingerprint":"k"}`, `{"owner":["a"],"key_fingerprint":"k"}`,
		`{"owner":"a","key_fingerprint":"k","since":"now"}`, `{"owner":"a","owner":"","key_fingerprint":"k"}`, ``, `null`, `[]`, "\xff", `{`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a := Account{Name: "main", Dir: t.TempDir()}
		if err := os.WriteFile(a.ownerFile(), text, 0o600); err != nil {
			t.Fatal(err)
		}
		o, err := a.readOwner()
		switch {
		case err == nil && (o.UUID == "" || o.KeyFingerprint == "" || !json.Valid(text)):
			t.Errorf("%q is taken for %+v", text, o)
		case err != nil && (!strings.Contains(err.Error(), filepath.Base(a.ownerFile())) || !strings.Contains(err.Error(), "restore") || o != owner{}):
			t.Errorf("%q: %v", text, err)
		}
	})
}

// FuzzCreators reads any body as a page of creators: none without a uuid, none
// twice as one, and no more than the page has rows.
func FuzzCreators(f *testing.F) {
	for _, body := range []string{
		`{"data":[{"uuid":"A0","handle":"ava"},{"uuid":"b1"}],"pagination":{"hasMore":false}}`, `{"data":[{}]}`, `{"data":[null,1,[],{"uuid":7}]}`,
		`{"data":{}}`, `[]`, `null`, ``, `{"data":[{"uuid":"../users"}]}`, `{"DATA":[{"UUID":"x"}],"data":[]}`, `{"data":[{"uuid":"a","handle":{"a":1}}]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := parseCreators(one(extract.Answer{Body: body}))
		if err != nil {
			return
		}
		if len(list) > 0 && (!json.Valid(body) || len(list) > strings.Count(string(body), "{")) {
			t.Errorf("%q has %d creators", body, len(list))
		}
		for _, l := range list {
			if l.UUID == "" || l.UUID != strings.ToLower(l.UUID) {
				t.Errorf("%q: creator %q", body, l.UUID)
			}
			for _, self := range []bool{false, true} {
				path := (extract.Stream{Self: "/users/account", Of: "/creators/{creator}/account"}).Path(extract.Slice{Creator: l.UUID, Self: self})
				if strings.Count(path, "/") > 3 || !self && !strings.HasPrefix(path, "/creators/") {
					t.Errorf("%q: creator %q is read at %s", body, l.UUID, path)
				}
			}
		}
	})
}
