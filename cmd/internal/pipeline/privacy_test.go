package pipeline_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// Names and uuids of fans stand in people, byte for byte, and nowhere else in
// what is published or kept; e-mail addresses and texts stand nowhere at all.
func TestSyncKeepsNamesApart(t *testing.T) {
	t.Parallel()
	w := small(50)
	w.FansPerCreator = 60
	r := newRig(t, fanvuesim.Options{World: w})
	r.sync(t, pipeline.SyncOptions{})
	names := map[string]string{}
	for _, c := range r.sim.World().Creators() {
		for _, f := range r.sim.World().Fans(c.UUID) {
			names[f.UUID] = line(f.UUID, f.Handle, f.DisplayName)
		}
	}
	var want []string
	people := filepath.Join(r.account.Dir, "people.duckdb")
	for _, uuid := range queryFile(t, people, `SELECT fan_uuid::VARCHAR FROM people`) {
		want = append(want, names[uuid])
	}
	same(t, "people", queryFile(t, people, `SELECT fan_uuid::VARCHAR, handle, display_name FROM people`), want)
	if len(want) < 60 {
		t.Errorf("people has %d fans", len(want))
	}

	secrets := r.secrets(t)
	list := "['" + strings.Join(secrets, "', '") + "']"
	for _, table := range r.query(t, `SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_catalog = current_database()`) {
		for _, secret := range r.query(t, fmt.Sprintf(`SELECT DISTINCT s FROM (SELECT unnest(%s) AS s), %s t WHERE contains(to_json(t)::VARCHAR, s)`, list, table)) {
			t.Errorf("%s has %q", table, secret)
		}
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, path := range r.files(t) {
		if strings.Contains(path, "people") || strings.Contains(path, "_rejects") || strings.Contains(path, "journal") {
			continue
		}
		for _, secret := range found(t, db, path, secrets) {
			t.Errorf("%s has %q", path, secret)
		}
	}
}

// secrets are texts that belong to fans or their chats, and could not be there
// by chance.
func (r *rig) secrets(t testing.TB) []string {
	t.Helper()
	taken := "" // creators may bear the same invented names as fans
	for _, c := range r.sim.World().Creators() {
		taken += c.DisplayName + "\n" + pointer(c.Nickname) + "\n"
	}
	all := []string{"owner.example.test", "media.example.test"}
	add := func(s string) bool {
		odd := strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`'"\`, r) })
		if len(s) < 12 || odd || strings.Contains(taken, s) {
			return false
		}
		all = append(all, s)
		return true
	}
	for _, c := range r.sim.World().Creators() {
		for _, f := range r.sim.World().Fans(c.UUID)[:20] {
			all = append(all, f.UUID, f.Handle)
			add(f.DisplayName)
		}
		for _, h := range r.sim.World().Chats(c.UUID) {
			for m := range r.sim.World().Messages(c.UUID, h.FanID) {
				if m.Text != nil && add(*m.Text) {
					break
				}
			}
		}
	}
	return all
}

// files are all files of the account.
func (r *rig) files(t testing.TB) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(r.account.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// found returns the texts that the rows or the footer of a Parquet file, or the
// bytes of any other one, have.
func found(t testing.TB, db *sql.DB, path string, texts []string) (in []string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if filepath.Ext(path) == ".parquet" {
		var footer string
		err = db.QueryRow(`SELECT (SELECT string_agg(to_json(p)::VARCHAR, ' ') FROM read_parquet($1) p),
			(SELECT string_agg(decode(value), ' ') FROM parquet_kv_metadata($1))`, path).Scan(&content, &footer)
		content = append(content, footer...)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, s := range texts {
		if bytes.Contains(content, []byte(s)) {
			in = append(in, s)
		}
	}
	return in
}

// Texts are kept only where the owner asks for it.
func TestSyncKeepsTextsWhenAsked(t *testing.T) {
	t.Parallel()
	w := small(51)
	w.EarningsPerCreator = 10
	r := newRig(t, fanvuesim.Options{World: w})
	r.account.KeepText = true // that no text is kept otherwise is part of every comparison
	r.sync(t, pipeline.SyncOptions{})
	var want []string
	for _, c := range r.sim.World().Creators() {
		for _, h := range r.sim.World().Chats(c.UUID) {
			for m := range r.sim.World().Messages(c.UUID, h.FanID) {
				want = append(want, line(m.UUID, r.fan(t, h.FanID), pointer(m.Text)))
			}
		}
	}
	same(t, "texts", r.query(t, `SELECT message_id::VARCHAR, fan_id, text FROM fanvue.messages`), want)
}
