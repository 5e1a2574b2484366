package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// ErrNotPublished says that there is no published file to read yet.
var ErrNotPublished = errors.New("nothing is published yet: run a sync first")

// ErrStatement says that a text is not the one reading statement that [Query]
// takes.
var ErrStatement = errors.New("only one reading statement can be run")

// ErrTimeout says that a query took longer than it may.
var ErrTimeout = errors.New("the query did not end")

// QueryOptions bound what queries may use.
type QueryOptions struct {
	MemoryLimit string        // of DuckDB, such as "512MB"; empty for its default
	Threads     int           // 0 for one a core
	Timeout     time.Duration // of one query, over reading its rows too; 0 for none
	MaxRows     int64         // rows of one query that Next returns at most; 0 for all
}

// A Published is an open published file, as it was when it was opened. It is
// attached read-only to a database in memory that can reach no other file,
// loads no extension and whose configuration is locked, with UTC as its time
// zone. Any number may be open beside each other and beside a publication. It
// runs one query at a time.
//
// It is how SQL that somebody handed in is run: the statement reads the tables
// of the file and nothing else, within the memory and the time it is given.
type Published struct {
	opts QueryOptions
	db   *sql.DB
	conn *sql.Conn
	stop chan struct{} // of a query that was given up: closed once the engine let go of it
}

// OpenPublished opens what is published under a path for reading, to be closed:
// that file, or the one that a pointer beside it names, see [CurrentFile]. The
// error is [ErrNotPublished] if there is none.
func OpenPublished(ctx context.Context, path string, o QueryOptions) (*Published, error) {
	for attempt := 1; ; attempt++ {
		current, err := CurrentFile(path)
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(current); errors.Is(err, os.ErrNotExist) && current == path {
			return nil, fmt.Errorf("%s: %w", path, ErrNotPublished)
		}
		p := &Published{opts: o}
		err = p.open(ctx, current)
		if err == nil {
			return p, nil
		}
		err = errors.Join(err, p.Close())
		// The next publication may have removed what the pointer named.
		if next, e := CurrentFile(path); e != nil || next == current || attempt == 3 {
			return nil, err
		}
	}
}

// open attaches the file and locks the door.
func (p *Published) open(ctx context.Context, path string) error {
	// Not opened by path: the driver shares one database for all openers of a
	// path, who would then see the file that was replaced, and its lock.
	connector, err := duckdb.NewConnector(":memory:?autoinstall_known_extensions=false&autoload_known_extensions=false", nil)
	if err != nil {
		return err
	}
	p.db = sql.OpenDB(connector)
	if p.conn, err = p.db.Conn(ctx); err != nil {
		return explain(ctx, err)
	}
	settings := []string{
		"SET temp_directory = ''", // results stay in memory, within its limit
		"SET TimeZone = 'UTC'",
		"ATTACH " + quoteText(path) + " AS warehouse (READ_ONLY)",
		"USE warehouse",
	}
	if p.opts.MemoryLimit != "" {
		settings = append(settings, "SET memory_limit = "+quoteText(p.opts.MemoryLimit))
	}
	if p.opts.Threads > 0 {
		settings = append(settings, "SET threads = "+strconv.Itoa(p.opts.Threads))
	}
	settings = append(settings, "SET enable_external_access = false", "SET lock_configuration = true")
	for _, s := range settings {
		if _, err := p.conn.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("open %s: %w", path, explain(ctx, err))
		}
	}
	return nil
}

// Close closes the file. It may be called twice. Where the engine does not let
// go of a query that was given up, the file is closed as soon as it does.
func (p *Published) Close() error {
	if p.stop != nil {
		select {
		case <-p.stop:
		default:
			conn, db, stop := p.conn, p.db, p.stop
			p.conn, p.db, p.stop = nil, nil, nil
			go func() { <-stop; _ = conn.Close(); _ = db.Close() }()
		}
	}
	var errs []error
	if p.conn != nil {
		errs = append(errs, p.conn.Close())
	}
	if p.db != nil {
		errs = append(errs, p.db.Close())
	}
	p.conn, p.db = nil, nil
	return errors.Join(errs...)
}

// Query runs one reading statement. Another error than [ErrStatement] is the
// engine's, or why the context ended.
func (p *Published) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	r := &Rows{left: -1}
	if p.opts.Timeout > 0 {
		cause := fmt.Errorf("%w within %v", ErrTimeout, p.opts.Timeout)
		r.ctx, r.cancel = context.WithTimeoutCause(ctx, p.opts.Timeout, cause)
	} else {
		r.ctx, r.cancel = context.WithCancel(ctx)
	}
	if p.opts.MaxRows > 0 {
		r.left = p.opts.MaxRows
	}
	if p.stop != nil {
		r.cancel()
		return nil, errors.New("the query before was given up: open the file again")
	}
	if err := p.start(r, query, args); err != nil {
		return nil, errors.Join(p.nameTables(ctx, explain(r.ctx, err)), r.Close())
	}
	return r, nil
}

// letGo is how long the engine has to end a query that was interrupted.
const letGo = time.Second

// start runs the statement. The engine looks at an interruption between rows,
// but not within one value, such as a text of gigabytes, nor while it plans:
// then it is given up, and works on alone.
func (p *Published) start(r *Rows, query string, args []any) error {
	started := make(chan error, 1)
	left := &Rows{ctx: r.ctx, cancel: r.cancel}
	conn, stop := p.conn, make(chan struct{})
	go func() {
		started <- left.start(conn, query, args)
		close(stop)
	}()
	take := func(err error) error {
		r.rows, r.Columns, r.values, r.targets = left.rows, left.Columns, left.values, left.targets
		return err
	}
	select {
	case err := <-started:
		return take(err)
	case <-r.ctx.Done():
	}
	grace := time.NewTimer(letGo)
	defer grace.Stop()
	select {
	case err := <-started:
		return take(err)
	case <-grace.C:
		p.stop = stop
		return context.Cause(r.ctx)
	}
}

// Query opens a published file for one statement, see [Published].
func Query(ctx context.Context, path, query string, args []any, o QueryOptions) (*Rows, error) {
	p, err := OpenPublished(ctx, path, o)
	if err != nil {
		return nil, err
	}
	r, err := p.Query(ctx, query, args...)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	r.file = p
	return r, nil
}

// Rows are the rows of a query, to be closed.
type Rows struct {
	Columns []Column

	rows      *sql.Rows
	ctx       context.Context // of this query, which Close ends
	cancel    context.CancelFunc
	file      *Published // closed with the rows; nil where the caller does it
	left      int64      // rows still allowed, negative for any number
	truncated bool
	values    []any
	targets   []any
}

// A Column is a column of a query's result, with its DuckDB type.
type Column struct{ Name, Type string }

// quoteText makes a text a literal of SQL.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// start runs the statement once it is known to be one that reads.
func (r *Rows) start(conn *sql.Conn, query string, args []any) (err error) {
	if err := checkReads(conn, query); err != nil {
		return err
	}
	if r.rows, err = conn.QueryContext(r.ctx, query, args...); err != nil {
		return err
	}
	types, err := r.rows.ColumnTypes()
	if err != nil {
		return err
	}
	r.values, r.targets = make([]any, len(types)), make([]any, len(types))
	for i, t := range types {
		r.Columns = append(r.Columns, Column{t.Name(), t.DatabaseTypeName()})
		r.targets[i] = &r.values[i]
	}
	return nil
}

// checkReads refuses all but one statement that reads.
func checkReads(conn *sql.Conn, query string) error {
	return conn.Raw(func(driverConn any) error {
		stmt, err := driverConn.(*duckdb.Conn).Prepare(query)
		if err != nil {
			var known *duckdb.Error
			if !errors.As(err, &known) {
				return fmt.Errorf("%w: the text is empty or holds several (PIVOT needs IN with the values)", ErrStatement)
			}
			return err
		}
		defer stmt.Close()
		kind, err := stmt.(*duckdb.Stmt).StatementType()
		if err != nil {
			return err
		}
		if kind != duckdb.STATEMENT_TYPE_SELECT && kind != duckdb.STATEMENT_TYPE_EXPLAIN {
			return fmt.Errorf("%w: SELECT, FROM, WITH, SHOW, DESCRIBE, SUMMARIZE or EXPLAIN", ErrStatement)
		}
		return nil
	})
}

// explain puts the reason of an interruption in the place of the engine's.
func explain(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// nameTables says where names are to be found that a query got wrong, and what
// gives it more memory. After an upgrade the published file may lack what this
// version asks for.
func (p *Published) nameTables(ctx context.Context, err error) error {
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
	if p.stop != nil {
		return false // nothing can be asked any more
	}
	var hash string
	if err := p.conn.QueryRowContext(ctx, "SELECT hash FROM load.schema").Scan(&hash); err != nil {
		return false
	}
	return !slices.ContainsFunc([]string{"warehouse", "people"}, func(name string) bool {
		ddl, err := newStore(Options{}, name).schema()
		return err != nil || hash == hashText(ddl)
	})
}

// Next returns the values of the next row, valid until the next call, and nil
// after the last one. A value is of the type that DuckDB's driver gives: nil,
// bool, integers, *big.Int, float64, string, time.Time in UTC, []byte (also for
// UUID), duckdb.Decimal, []any, map[string]any or another type of the driver.
func (r *Rows) Next() ([]any, error) {
	if !r.rows.Next() {
		return nil, explain(r.ctx, r.rows.Err())
	}
	if r.left == 0 {
		r.truncated = true
		return nil, nil
	}
	r.left--
	if err := r.rows.Scan(r.targets...); err != nil {
		return nil, err
	}
	return r.values, nil
}

// Scan advances to the next row and copies it into the values that dst points
// to, as database/sql does; it returns false after the last row. MaxRows does
// not bound it.
func (r *Rows) Scan(dst ...any) (bool, error) {
	if !r.rows.Next() {
		return false, explain(r.ctx, r.rows.Err())
	}
	return true, r.rows.Scan(dst...)
}

// Truncated reports whether MaxRows kept rows back.
func (r *Rows) Truncated() bool { return r.truncated }

// Close ends the query. It may be called twice.
func (r *Rows) Close() error {
	var errs []error
	if r.rows != nil {
		errs = append(errs, r.rows.Close())
	}
	r.cancel()
	if r.file != nil {
		errs = append(errs, r.file.Close())
	}
	r.rows, r.file = nil, nil
	return errors.Join(errs...)
}
