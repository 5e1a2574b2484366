package load

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"fanlake/load/query"
	"fanlake/load/schema"
	sqlfiles "fanlake/sql"
)

// ErrNotPublished says that there is no published file to read yet.
var ErrNotPublished = errors.New("nothing is published yet: run a sync first")

// A Published is an open published file, as it was when it was opened, see
// [query.File]. Any number may be open beside each other and beside a
// publication. It runs one query at a time.
type Published struct{ file *query.File }

// OpenPublished opens what is published under a path for reading, to be closed:
// that file, or the one that a pointer beside it names, see [CurrentFile]. The
// error is [ErrNotPublished] if there is none.
func OpenPublished(ctx context.Context, path string, o query.Options) (*Published, error) {
	for attempt := 1; ; attempt++ {
		current, err := CurrentFile(path)
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(current); errors.Is(err, os.ErrNotExist) && current == path {
			return nil, fmt.Errorf("%s: %w", path, ErrNotPublished)
		}
		file, err := query.Open(ctx, current, o)
		if err == nil {
			return &Published{file}, nil
		}
		// The next publication may have removed what the pointer named.
		if next, e := CurrentFile(path); e != nil || next == current || attempt == 3 {
			return nil, err
		}
	}
}

// Close closes the file. It may be called twice.
func (p *Published) Close() error { return p.file.Close() }

// Query runs one reading statement, see [query.File.Query]. The error of one that
// the warehouse cannot answer says what can be done.
func (p *Published) Query(ctx context.Context, text string, args ...any) (*query.Rows, error) {
	r, err := p.file.Query(ctx, text, args...)
	if err != nil {
		return nil, p.advise(ctx, err)
	}
	return r, nil
}

// Each runs a file of sql/, by its path there without extension, and calls scan,
// which reads the next row, until that returns false.
func (p *Published) Each(ctx context.Context, file string, scan func(*query.Rows) (more bool, err error), args ...any) error {
	text, err := fs.ReadFile(sqlfiles.FS, file+".sql")
	if err != nil {
		return err
	}
	rows, err := p.Query(ctx, string(text), args...)
	if err != nil {
		return fmt.Errorf("%s: %w", path.Base(file), err)
	}
	more := true
	for more && err == nil {
		more, err = scan(rows)
	}
	return errors.Join(err, rows.Close())
}

// Query opens what is published under a path for one statement, until its rows
// are closed, see [Published].
func Query(ctx context.Context, path, text string, args []any, o query.Options) (*query.Rows, error) {
	p, err := OpenPublished(ctx, path, o)
	if err != nil {
		return nil, err
	}
	r, err := p.Query(ctx, text, args...)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	r.CloseWith(p.file)
	return r, nil
}

// advise says where names are to be found that a query got wrong, and what
// gives it more memory. After an upgrade the published file may lack what this
// version asks for.
func (p *Published) advise(ctx context.Context, err error) error {
	var known *duckdb.Error
	if errors.As(err, &known) && known.Type == duckdb.ErrorTypeOutOfMemory {
		text, _, _ := strings.Cut(known.Msg, "\n")
		return fmt.Errorf("%s\nwarehouse.memory_limit in the configuration bounds what a query may take", text)
	}
	if errors.As(err, &known) && (known.Type == duckdb.ErrorTypeCatalog || known.Type == duckdb.ErrorTypeBinder) {
		if p.isOfAnotherVersion(ctx) {
			return fmt.Errorf("%w\nthe warehouse was published by another version of fanlake: fanlake rebuild makes it again, and so does the next sync", err)
		}
		return fmt.Errorf("%w\nmeta.data_dictionary lists the tables and columns", err)
	}
	return err
}

// isOfAnotherVersion reports whether another version of fanlake published the
// file. One that is none of ours is of no version.
func (p *Published) isOfAnotherVersion(ctx context.Context) bool {
	rows, err := p.file.Query(ctx, "SELECT hash FROM load.schema")
	if err != nil {
		return false
	}
	defer rows.Close()
	var hash string
	if ok, err := rows.Scan(&hash); !ok || err != nil {
		return false
	}
	return !slices.ContainsFunc([]string{"warehouse", "people"}, func(name string) bool {
		ddl, err := schema.Text(name)
		return err != nil || hash == hashText(ddl)
	})
}
