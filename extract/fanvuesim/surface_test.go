package fanvuesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// surfaces are the prefixes under which the API answers; all but the first are
// the older one.
var surfaces = []string{"/v1", "/v0", ""}

// on returns the path under which a creator is read on a surface.
func on(surface string, c CreatorTruth) string {
	if c.Owner {
		return surface
	}
	return surface + "/creators/" + c.UUID
}

// postJSON asks the handlers without the gate for a bulk read.
func postJSON(s *Sim, path, body string) (int, string) {
	rec := httptest.NewRecorder()
	s.api().ServeHTTP(rec, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	return rec.Code, rec.Body.String()
}

// readAll walks a list to its end, whichever way its envelope goes on, and
// checks what the envelope says. The size stays as in path.
func readAll(t testing.TB, s *Sim, path string) []map[string]any {
	t.Helper()
	var all []map[string]any
	next := path
	for page := 1; page < 10_000; page++ {
		var e struct {
			Data       []map[string]any
			NextCursor *string
			Pagination *struct {
				Page, Size int
				HasMore    bool
			}
		}
		_, body := get(t, s, next)
		d := json.NewDecoder(strings.NewReader(body))
		d.UseNumber()
		if err := d.Decode(&e); err != nil || e.Data == nil {
			t.Fatalf("GET %s: %v: %s", next, err, body)
		}
		all = append(all, e.Data...)
		bare, query, _ := strings.Cut(path, "?")
		switch p := e.Pagination; {
		case p == nil && e.NextCursor == nil:
			return all
		case p == nil:
			next = bare + "?" + query + "&cursor=" + url.QueryEscape(*e.NextCursor)
		case p.Page != page || p.Size != len(e.Data) || p.HasMore && p.Size == 0:
			t.Fatalf("GET %s: %+v with %d rows", next, *p, len(e.Data))
		case !p.HasMore:
			return all
		default:
			next = fmt.Sprint(bare, "?", query, "&page=", page+1)
		}
	}
	t.Fatalf("%s does not end", path)
	return nil
}

// null is how a null of the API and its counterpart of the truth are written.
const null = "∅"

// fieldLines writes the named fields of rows; names are dotted.
func fieldLines(rows []map[string]any, fields ...string) []string {
	var all []string
	for _, row := range rows {
		parts := make([]any, len(fields))
		for k, field := range fields {
			holder, name := holderOf(row, field)
			if parts[k] = any("missing: " + field); holder != nil {
				parts[k] = holder[name]
			} else if top, _, ok := strings.Cut(field, "."); ok && row[top] == nil {
				parts[k] = nil // the object that would have it is null
			}
		}
		all = append(all, truthLine(parts...))
	}
	return all
}

// truthLine writes values as fieldLines does.
func truthLine(values ...any) string {
	var parts []string
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			parts = append(parts, null)
		case time.Time:
			if v.IsZero() {
				parts = append(parts, null)
			} else {
				parts = append(parts, v.Format(isoMillis))
			}
		case *string:
			if v == nil {
				parts = append(parts, null)
			} else {
				parts = append(parts, *v)
			}
		case []string:
			parts = append(parts, fmt.Sprint(len(v), strings.Join(v, " ")))
		case []any:
			names := make([]string, len(v))
			for k, x := range v {
				if m, ok := x.(map[string]any); ok {
					x = m["uuid"]
				}
				names[k] = fmt.Sprint(x)
			}
			parts = append(parts, fmt.Sprint(len(v), strings.Join(names, " ")))
		default:
			parts = append(parts, fmt.Sprint(v))
		}
	}
	return strings.Join(parts, "|")
}

// unset is null for a zero value.
func unset[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// lines writes each row of the truth that keep lets through.
func lines[T any](rows []T, line func(T) string) []string {
	var all []string
	for _, r := range rows {
		if s := line(r); s != "" {
			all = append(all, s)
		}
	}
	return all
}
