package load

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"fanlake/load/schema"
	"fanlake/transform/tables"
)

// A Problem is something that Verify found: a file, and what is wrong with it.
type Problem struct {
	Path string `json:"path"` // below the account's directory
	Text string `json:"text"` // what is wrong, and the next step
}

func (p Problem) String() string { return p.Path + ": " + p.Text }

// Verify reads every part of the lake whole and compares it with its footer,
// the parts with what is applied, the private files with what is published, and
// final statements with their manifests.
// It changes nothing. The checks of the [Warehouse.Finish] that follows look at
// every row.
func (w *Warehouse) Verify(ctx context.Context) ([]Problem, error) {
	w.whole = true
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	problems, err := w.verifyLake(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range w.stores() {
		p, err := s.pendingParts(ctx)
		if err != nil {
			return nil, err
		}
		for _, f := range p.fresh {
			problems = append(problems, Problem{f.path, "it is not applied: run fanlake sync"})
		}
		for _, id := range p.gone {
			problems = append(problems, Problem{"lake", fmt.Sprintf("the part %s is applied and no longer there: restore it from a backup, or run fanlake sync to read again what it covered", id)})
		}
		found, err := s.verifyPublished(ctx)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	frozen, err := verifyStatements(w.opts.Dir)
	return append(problems, frozen...), err
}

// verifyLake reads all parts.
func (w *Warehouse) verifyLake(ctx context.Context) ([]Problem, error) {
	parts, err := disk(w.opts.Dir)
	if err != nil {
		return nil, err
	}
	var problems []Problem
	for i, p := range parts {
		w.opts.Progress("verify", int64(i), int64(len(parts)))
		err := readFooter(ctx, w.main.conn, w.opts, &p)
		if err == nil {
			err = w.main.verifyContent(ctx, p)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var refused *PartError
		switch {
		case errors.As(err, &refused):
			problems = append(problems, Problem{p.path, refused.Err.Error() + ": move it out of the lake and run fanlake sync, or restore it from a backup"})
		case err != nil:
			return nil, err
		}
	}
	return problems, nil
}

// verifyContent reads every value of a part, and compares the hash of its rows'
// identities: SHA-256 over the key columns and _hash of each row, in the
// encoding that [tables.Footer] refers to.
func (s *store) verifyContent(ctx context.Context, p part) error {
	if err := s.probe(ctx, []string{p.path}); err != nil {
		return err
	}
	digest := sha256.New()
	if err := s.hashIdentities(ctx, p.table, p.path, digest); err != nil {
		return &PartError{p.path, err}
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != p.footer.ContentHash {
		return &PartError{p.path, fmt.Errorf("its rows have the hash %s, its footer says %s", got, p.footer.ContentHash)}
	}
	return nil
}

// hashIdentities writes key columns and _hash of each row of a part in the
// order of the file.
func (s *store) hashIdentities(ctx context.Context, t tables.Table, path string, digest io.Writer) error {
	var keys []tables.Column
	for _, name := range t.Key {
		c, _ := t.Column(name)
		keys = append(keys, c)
	}
	cells, to := make([]any, len(keys)+1), make([]any, len(keys)+1)
	for i := range cells {
		to[i] = &cells[i]
	}
	var buf []byte
	return s.query(ctx, "identities", struct{ KeyTypes []tables.Column }{keys}, func(rows *sql.Rows) error {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		buf = buf[:0]
		for _, c := range cells {
			switch v := c.(type) {
			case []byte:
				buf = append(buf, v...)
			case string:
				buf = binary.LittleEndian.AppendUint32(buf, uint32(len(v)))
				buf = append(buf, v...)
			case int64:
				buf = binary.LittleEndian.AppendUint64(buf, uint64(v))
			default:
				return fmt.Errorf("a key or hash is missing (%T)", v)
			}
		}
		_, err := digest.Write(buf)
		return err
	}, filepath.Join(s.opts.Dir, path))
}

// verifyPublished compares the publication with what was published, and, if
// nothing changed since, with the private file.
func (s *store) verifyPublished(ctx context.Context) ([]Problem, error) {
	current, err := CurrentFile(s.published())
	if err != nil {
		return []Problem{{filepath.Base(pointerPath(s.published())), err.Error()}}, nil
	}
	name := filepath.Base(current)
	wrong := func(text string) ([]Problem, error) {
		s.state.Changed = true // so that the next run does
		err := writeState(s.statePath(), s.state)
		return []Problem{{name, text + ": run fanlake sync or fanlake rebuild to publish it again"}}, err
	}
	_, hash, err := hashFile(ctx, current)
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.state.Published == "":
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return wrong("the published file is missing")
	case err != nil:
		return nil, err
	case hash != s.state.Published:
		return wrong("it is not what was published")
	case s.state.Changed:
		return nil, nil // the next publication brings what changed
	}
	if _, err := s.conn.ExecContext(ctx, "ATTACH "+schema.Quote(current)+" AS published (READ_ONLY)"); err != nil {
		return wrong(err.Error())
	}
	differing, err := s.differing(ctx)
	_, detach := s.conn.ExecContext(context.WithoutCancel(ctx), "DETACH published")
	if err = errors.Join(err, detach); err != nil {
		return nil, err
	}
	if differing != "" {
		return wrong(differing)
	}
	return nil, nil
}

// differing names a table in which the attached publication differs.
func (s *store) differing(ctx context.Context) (string, error) {
	var names []string
	err := s.query(ctx, "relation_names", nil, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	})
	if err != nil {
		return "", err
	}
	for _, name := range names {
		var got [2]string
		for i, relation := range []string{name, "published." + name} {
			if err := s.query(ctx, "relation_content", relation, func(rows *sql.Rows) error { return rows.Scan(&got[i]) }); err != nil {
				return "", err
			}
		}
		if got[0] != got[1] {
			return fmt.Sprintf("%s has %s, the private file %s", name, got[1], got[0]), nil
		}
	}
	return "", nil
}

// hasParts reports whether the lake holds parts that belong into the store.
func (s *store) hasParts() (bool, error) {
	for _, t := range s.tables {
		entries, err := os.ReadDir(filepath.Join(s.opts.Dir, "lake", t.Name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		if len(entries) > 0 {
			return true, nil
		}
	}
	return false, nil
}
