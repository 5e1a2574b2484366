package secret_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"fanlake/configs/secret"
)

const text = "correct-horse-battery"

func TestNoWayOut(t *testing.T) {
	t.Parallel()
	v := secret.New(text)
	type holder struct {
		Name   string
		Key    secret.Value
		Ptr    *secret.Value
		List   []secret.Value
		hidden secret.Value
	}
	type keyed struct{ Key secret.Value }
	h := holder{"a", v, &v, []secret.Value{v}, v}
	var all strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T", "%10.3s", "%!"} {
		fmt.Fprintf(&all, verb+"\n"+verb+"\n"+verb+"\n", v, h, &h)
	}
	fmt.Fprintln(&all, v, h, fmt.Errorf("wrapped: %v", v))
	for _, log := range []*slog.Logger{
		slog.New(slog.NewTextHandler(&all, nil)), slog.New(slog.NewJSONHandler(&all, nil)),
	} {
		log.Info("event", "key", v, "holder", h, "pointer", &v)
	}
	for name, encode := range map[string]func(any) ([]byte, error){"json": json.Marshal, "xml": xml.Marshal, "yaml": yaml.Marshal} {
		data, err := encode(keyed{v})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all.Write(data)
	}
	var buf bytes.Buffer
	_ = gob.NewEncoder(&buf).Encode(keyed{v})
	all.Write(buf.Bytes())

	out := all.String()
	for _, part := range []string{text, text[:8], fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), fmt.Sprint([]byte(text))} {
		if strings.Contains(out, part) {
			t.Errorf("the secret came out as %q", part)
		}
	}
	if !strings.Contains(out, secret.Redacted) {
		t.Error("nothing says that a value was redacted")
	}
}

func TestReveal(t *testing.T) {
	t.Parallel()
	if got := secret.New(text).Reveal(); got != text {
		t.Errorf("Reveal() = %q, want %q", got, text)
	}
	var zero secret.Value
	if zero.Reveal() != "" || !zero.IsZero() || secret.New(text).IsZero() {
		t.Error("the zero value is not the empty secret")
	}
}
