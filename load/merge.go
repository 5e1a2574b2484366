package load

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"fanlake/load/durable"
	"fanlake/load/schema"
	"fanlake/transform/tables"
)

// A merger writes merged parts, with an engine of its own that keeps the order
// of rows.
type merger struct {
	store   *store
	numbers map[string]int // highest number of a part of each run

	db   *sql.DB
	conn *sql.Conn
}

func (m *merger) open(ctx context.Context) error {
	if m.conn != nil {
		return nil
	}
	connector, err := duckdb.NewConnector(":memory:?autoinstall_known_extensions=false&autoload_known_extensions=false", nil)
	if err != nil {
		return err
	}
	m.db = sql.OpenDB(connector)
	if m.conn, err = m.db.Conn(ctx); err != nil {
		return err
	}
	settings := []string{"SET TimeZone = 'UTC'", "SET threads = 1", "SET preserve_insertion_order = true",
		"SET temp_directory = " + schema.Quote(filepath.Join(m.store.opts.state(), "tmp"))}
	if m.store.opts.MemoryLimit != "" {
		settings = append(settings, "SET memory_limit = "+schema.Quote(m.store.opts.MemoryLimit))
	}
	for _, text := range settings {
		if _, err := m.conn.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) close() error {
	var errs []error
	if m.conn != nil {
		errs = append(errs, m.conn.Close())
	}
	if m.db != nil {
		errs = append(errs, m.db.Close())
	}
	m.conn, m.db = nil, nil
	return errors.Join(errs...)
}

// merge makes one part of several, puts it in their place and removes them. It
// returns by how many bytes the lake has grown.
func (m *merger) merge(ctx context.Context, t tables.Table, of []part) (grown int64, err error) {
	if err := m.open(ctx); err != nil {
		return 0, err
	}
	s := m.store
	footer, err := m.footer(ctx, of)
	if err != nil {
		return 0, err
	}
	dir := filepath.Dir(of[len(of)-1].path)
	merged := part{id: footer.PartID, path: filepath.Join(dir, footer.PartID+".parquet"), table: t}
	written := filepath.Join(dir, "."+footer.PartID+unmerged)
	defer func() {
		if e := os.Remove(filepath.Join(s.opts.Dir, written)); e != nil && !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}()
	if err := m.write(ctx, of, footer, written); err != nil {
		return 0, fmt.Errorf("merge %d parts of %s: %w", len(of), t.Name, err)
	}
	if err := m.prove(ctx, of, footer, &merged, written); err != nil {
		return 0, fmt.Errorf("merge %d parts of %s: %w: nothing was replaced", len(of), t.Name, err)
	}
	full := filepath.Join(s.opts.Dir, merged.path)
	if err := os.Rename(filepath.Join(s.opts.Dir, written), full); err != nil {
		return 0, err
	}
	if err := durable.SyncDir(filepath.Dir(full)); err != nil {
		return 0, err
	}
	ids := make([]string, len(of))
	for i, p := range of {
		ids[i] = p.id
		info, err := os.Stat(filepath.Join(s.opts.Dir, p.path))
		if err != nil {
			return 0, err
		}
		grown -= info.Size()
	}
	if err := s.swap(ctx, merged, ids); err != nil {
		return 0, err
	}
	info, err := os.Stat(full)
	if err != nil {
		return 0, err
	}
	return grown + info.Size(), s.removeParts(of)
}

// footer is that of the merged part: the newest part's, with the slices of all.
// Their rows must have the hashes that their footers say.
func (m *merger) footer(ctx context.Context, of []part) (tables.Footer, error) {
	newest := of[len(of)-1].footer
	f := newest
	f.Number = m.numbers[newest.RunID] + 1
	f.PartID = fmt.Sprintf("%s-%04d", newest.RunID, f.Number)
	f.Rows, f.Slices, f.Replaces, f.ToolVersion, f.Notice = 0, nil, nil, m.store.opts.ToolVersion, tables.Notice
	all := sha256.New()
	for _, p := range of {
		own := sha256.New()
		if err := m.store.hashIdentities(ctx, p.table, p.path, io.MultiWriter(own, all)); err != nil {
			return f, &PartError{p.path, err}
		}
		if got := hex.EncodeToString(own.Sum(nil)); got != p.footer.ContentHash {
			return f, &PartError{p.path, fmt.Errorf("its rows have the hash %s, its footer says %s", got, p.footer.ContentHash)}
		}
		f.Rows += p.footer.Rows
		f.Replaces = append(append(f.Replaces, p.id), p.footer.Replaces...)
		if p.footer.SealedAt.After(f.SealedAt) {
			f.SealedAt = p.footer.SealedAt
		}
		for _, sl := range p.footer.Slices {
			sl.RunID, sl.Surface = cmp.Or(sl.RunID, p.footer.RunID), cmp.Or(sl.Surface, p.footer.Surface)
			f.Slices = append(f.Slices, sl)
		}
	}
	slices.Sort(f.Replaces)
	f.Replaces = slices.Compact(f.Replaces)
	f.ContentHash = hex.EncodeToString(all.Sum(nil))
	m.numbers[newest.RunID]++
	return f, nil
}

// offsets tells the statements which files are read, and how many slices and
// rows come before those of each.
func (m *merger) offsets(ctx context.Context, paths []string, slicesBefore, rowsBefore []int64) error {
	list := func(n []int64) string { return strings.ReplaceAll(fmt.Sprint(n), " ", ", ") }
	quoted := make([]string, len(paths))
	for i, p := range paths {
		quoted[i] = schema.Quote(filepath.Join(m.store.opts.Dir, p))
	}
	names := "[" + strings.Join(quoted, ", ") + "]"
	for _, v := range []string{"paths = " + names, "slices_before = MAP(" + names + ", " + list(slicesBefore) + ")", "rows_before = MAP(" + names + ", " + list(rowsBefore) + ")"} {
		if _, err := m.conn.ExecContext(ctx, "SET VARIABLE "+v); err != nil {
			return err
		}
	}
	return nil
}

// sources are the offsets of the parts that are merged.
func (m *merger) sources(ctx context.Context, of []part) error {
	var paths []string
	var slicesBefore, rowsBefore []int64
	var slicesSoFar, rowsSoFar int64
	for _, p := range of {
		paths, slicesBefore, rowsBefore = append(paths, p.path), append(slicesBefore, slicesSoFar), append(rowsBefore, rowsSoFar)
		slicesSoFar, rowsSoFar = slicesSoFar+int64(len(p.footer.Slices)), rowsSoFar+p.footer.Rows
	}
	return m.offsets(ctx, paths, slicesBefore, rowsBefore)
}

// write writes the merged part, synced.
func (m *merger) write(ctx context.Context, of []part, footer tables.Footer, path string) error {
	if err := m.sources(ctx, of); err != nil {
		return err
	}
	text, err := json.Marshal(footer)
	if err != nil {
		return err
	}
	full := filepath.Join(m.store.opts.Dir, path)
	f, err := os.OpenFile(full, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) // so that its mode is right from the start
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	statement, err := sqlText("upkeep", "merge", struct{ To, Key, Footer string }{schema.Quote(full), tables.FooterKey, schema.Quote(string(text))})
	if err != nil {
		return err
	}
	if _, err := m.conn.ExecContext(ctx, statement); err != nil {
		return err
	}
	if f, err = os.OpenFile(full, os.O_RDWR, 0); err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Sync(), f.Close())
}

// prove reads what was written back and compares it with the parts it is made
// of: the footer, the hash of the rows' identities, and every value.
func (m *merger) prove(ctx context.Context, of []part, footer tables.Footer, merged *part, written string) error {
	var before, after string
	if err := upkeepRow(ctx, m.conn, "rows_digest", nil, &before); err != nil { // of the sources still
		return err
	}
	if err := m.offsets(ctx, []string{written}, []int64{0}, []int64{0}); err != nil {
		return err
	}
	if err := upkeepRow(ctx, m.conn, "rows_digest", nil, &after); err != nil {
		return err
	}
	if before != after {
		return fmt.Errorf("the merged rows have the digest %s, the parts %s", after, before)
	}
	read := part{id: merged.id, path: written, table: merged.table}
	if err := readFooter(ctx, m.conn, m.store.opts, &read); err != nil {
		return err
	}
	want, err1 := json.Marshal(footer)
	got, err2 := json.Marshal(read.footer)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if string(want) != string(got) {
		return errors.New("the merged part's footer does not read back")
	}
	if err := m.store.verifyContent(ctx, read); err != nil {
		return err
	}
	merged.footer, merged.columns = read.footer, read.columns
	return nil
}
