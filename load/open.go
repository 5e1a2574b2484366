package load

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"fanlake/load/schema"
	sqlfiles "fanlake/sql"
	"fanlake/transform/tables"
)

// A store is one private DuckDB file: its tables, the parts applied to it, and
// its published copy.
type store struct {
	opts   Options
	name   string // warehouse or people
	tables []tables.Table
	state  fileState

	db   *sql.DB
	conn *sql.Conn // the one that writes

	applied map[string][]string // parts that are applied whole, with what each replaces; nil where it has to be asked
	group   *group              // of the transaction that is open, if one is
}

func newStore(opts Options, name string) *store {
	return &store{opts: opts, name: name, tables: schema.Tables(name)}
}

func (s *store) path() string      { return filepath.Join(s.opts.state(), s.name+".duckdb") }
func (s *store) statePath() string { return filepath.Join(s.opts.state(), s.name+".json") }
func (s *store) published() string { return filepath.Join(s.opts.Dir, s.name+".duckdb") }

// open opens the private file, or an empty one in its place; why says why it
// had to be replaced, and is empty if there was none before.
func (s *store) open(ctx context.Context) (why string, err error) {
	if s.state, err = readState(s.statePath()); err != nil {
		return "", err
	}
	_, err = os.Stat(s.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		had, err := s.hasParts()
		if err != nil {
			return "", err
		}
		if had {
			why = filepath.Base(s.path()) + " is missing"
		}
		return why, s.create(ctx)
	case err != nil:
		return "", err
	}
	if why, err = s.state.check(ctx, s.path()); err != nil {
		return "", err
	}
	if why == "" {
		if err = s.connect(ctx); err == nil {
			why, err = s.checkSchema(ctx)
		}
		if err == nil && why == "" {
			why, err = s.checkSize(ctx)
		}
		if err != nil && ctx.Err() != nil {
			return "", errors.Join(err, s.disconnect())
		}
		if err != nil && isLocked(err) {
			return "", errors.Join(fmt.Errorf("%s is open in another program: close it there: %w", s.path(), err), s.disconnect())
		}
		if err != nil {
			why = fmt.Sprintf("%s cannot be read: %v", filepath.Base(s.path()), err)
		}
	}
	if why == "" {
		return "", nil
	}
	return why, s.replace(ctx)
}

// replace puts an empty file in the place of the private one.
func (s *store) replace(ctx context.Context) error {
	_ = s.disconnect() // what cannot be read may not close either
	for _, path := range []string{s.path(), s.path() + ".wal"} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return s.create(ctx)
}

func (s *store) create(ctx context.Context) error {
	s.state.MadeSize = 0 // until it is closed
	if _, err := os.Lstat(s.published()); err == nil {
		s.state.Remade, s.state.Dirty = true, false // until it is published; touch writes it
	}
	if err := s.touch(); err != nil {
		return err
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	ddl, err := schema.Text(s.name)
	if err != nil {
		return err
	}
	err = s.transact(ctx, func() error {
		if _, err := s.conn.ExecContext(ctx, ddl); err != nil {
			return fmt.Errorf("schema of %s: %w", s.name, err)
		}
		return s.exec(ctx, "schema_hash", nil, hashText(ddl))
	})
	if err != nil {
		return err
	}
	// DDL does not stay in the log: replaying it is where recovery fails.
	_, err = s.conn.ExecContext(ctx, "CHECKPOINT")
	return errors.Join(err, os.Chmod(s.path(), 0o600))
}

// touch notes that the private file is about to change.
func (s *store) touch() error {
	if s.state.Dirty {
		return nil
	}
	s.state.Dirty = true
	return writeState(s.statePath(), s.state)
}

// connect opens the file with DuckDB. There is one connector for a file: a
// second one would be a second engine on it.
func (s *store) connect(ctx context.Context) error {
	v := url.Values{}
	v.Set("autoinstall_known_extensions", "false")
	v.Set("autoload_known_extensions", "false")
	v.Set("storage_compatibility_version", "v1.0.0") // every DuckDB 1.x reads it
	v.Set("preserve_insertion_order", "false")       // what needs an order says so
	v.Set("temp_directory", filepath.Join(s.opts.state(), "tmp"))
	if s.opts.MemoryLimit != "" {
		v.Set("memory_limit", s.opts.MemoryLimit)
	}
	if s.opts.Threads > 0 {
		v.Set("threads", strconv.Itoa(s.opts.Threads))
	}
	connector, err := duckdb.NewConnector(s.path()+"?"+v.Encode(), nil)
	if err != nil {
		return err
	}
	s.db = sql.OpenDB(connector)
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return errors.Join(err, s.disconnect())
	}
	if _, err = s.conn.ExecContext(ctx, "SET GLOBAL TimeZone = 'UTC'"); err != nil {
		return err
	}
	return s.set(ctx, "owner", s.opts.Owner)
}

func (s *store) disconnect() error {
	var errs []error
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	s.conn, s.db, s.applied = nil, nil, nil
	return errors.Join(errs...)
}

// shut checkpoints and closes the private file.
func (s *store) shut(ctx context.Context) error {
	if s.db == nil {
		return nil
	}
	var err error
	if s.conn != nil && s.state.Dirty {
		err = s.checkpoint(ctx)
	}
	return errors.Join(err, s.disconnect())
}

// smallFile is the size up to which trying out compressions costs more than
// they save: a quarter of the checkpoint.
const smallFile = 64 << 20

// checkpoint writes what is in the log into the private file.
func (s *store) checkpoint(ctx context.Context) error {
	info, err := os.Stat(s.path())
	if err != nil {
		return err
	}
	compression := "auto"
	if info.Size() < smallFile { // the log is smaller still, or DuckDB would have written it
		compression = "uncompressed"
	}
	_, err = s.conn.ExecContext(ctx, "SET GLOBAL force_compression = '"+compression+"'; CHECKPOINT")
	return err
}

// close closes the private file and, if it was changed, notes what it is.
func (s *store) close() error {
	ctx := context.Background() // closing is not given up
	opened := s.db != nil
	if err := s.shut(ctx); err != nil || !opened || !s.state.Dirty {
		return err
	}
	size, hash, err := hashFile(ctx, s.path())
	if err != nil {
		return err
	}
	return s.closed(size, hash)
}

// closed notes what the closed file is.
func (s *store) closed(size int64, hash string) error {
	s.state.Dirty, s.state.Size, s.state.XXHash64 = false, size, hash
	if s.state.MadeSize == 0 {
		s.state.MadeSize = size
	}
	return writeState(s.statePath(), s.state)
}

// checkSchema says whether the file was made by this schema, statements of the
// fold and of the marts included: what they make is part of the content.
func (s *store) checkSchema(ctx context.Context) (string, error) {
	ddl, err := schema.Text(s.name)
	if err != nil {
		return "", err
	}
	var got string
	if err := s.conn.QueryRowContext(ctx, "SELECT hash FROM load.schema").Scan(&got); err != nil {
		return "", err
	}
	if got != hashText(ddl) {
		return fmt.Sprintf("%s was made by another version of fanlake", filepath.Base(s.path())), nil
	}
	return "", nil
}

// What makes a private file worth making again: it takes a multiple of its
// content, and more than a small file's rounding.
const (
	bloatFactor = 3
	bloatBytes  = 64 << 20
)

// checkSize says whether the file holds mostly free blocks. DuckDB uses those
// again and gives back those at the end, so it rarely comes to this. A file that
// was that large when it was made stays.
func (s *store) checkSize(ctx context.Context) (string, error) {
	var size, used int64
	if err := upkeepRow(ctx, s.conn, "file_size", nil, &size, &used); err != nil {
		return "", err
	}
	if size < bloatBytes || size < bloatFactor*used || size < 2*s.state.MadeSize {
		return "", nil
	}
	return fmt.Sprintf("%s takes %d bytes for %d of content", filepath.Base(s.path()), size, used), nil
}

// hashText identifies what made a file: its schema, the statements whose
// outcome stays in it, and the checks that it passed.
func hashText(ddl string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d\x00%s", len(ddl), ddl)
	_ = fs.WalkDir(sqlfiles.FS, ".", func(path string, d fs.DirEntry, err error) error {
		folder, _, _ := strings.Cut(path, "/")
		if err != nil || d.IsDir() || !slices.Contains([]string{"fold", "marts", "build", "checks"}, folder) {
			return err
		}
		text, err := fs.ReadFile(sqlfiles.FS, path)
		fmt.Fprintf(h, "%s\x00%d\x00%s", path, len(text), text)
		return err
	})
	return hex.EncodeToString(h.Sum(nil))
}

// isLocked reports whether another process has the file open.
func isLocked(err error) bool {
	return strings.Contains(err.Error(), "Could not set lock on file")
}

// isFatal reports whether the database has to be closed and opened again.
func isFatal(err error) bool {
	var e *duckdb.Error
	if errors.As(err, &e) && (e.Type == duckdb.ErrorTypeFatal || e.Type == duckdb.ErrorTypeInternal) {
		return true
	}
	return err != nil && strings.Contains(err.Error(), "database has been invalidated")
}

// transact runs do in a transaction of the writing connection, or in that of
// the group that is being applied.
func (s *store) transact(ctx context.Context, do func() error) error {
	if s.group != nil {
		return do()
	}
	if err := s.touch(); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, "BEGIN TRANSACTION"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		_, err = s.conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		// The rollback must happen even if the context has ended.
		if _, e := s.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); e != nil && !isFatal(err) && !strings.Contains(e.Error(), "no transaction is active") {
			return errors.Join(err, e)
		}
	}
	return err
}
