// Package query runs SQL that somebody handed in on a DuckDB file, and writes the
// rows in the forms people take away.
//
//	Open        a file, for reading alone
//	File.Query  one statement that reads, within the memory and the time it is given
//	Rows        its rows, one after the other
//	WriteTable, WriteCSV, WriteHarmlessCSV, WriteJSON, WriteXLSX, WriteParquet  what becomes of them
//
// A file is attached read-only to a database in memory that can reach no other
// file, loads no extension and whose configuration is locked, with UTC as its
// time zone: the statement reads the tables of the file and nothing else. Any
// number may be open beside each other and beside what replaces the file, which
// an open one does not see.
package query

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// ErrStatement says that a text is not the one reading statement that
// [File.Query] takes.
var ErrStatement = errors.New("only one reading statement can be run")

// ErrTimeout says that a query took longer than it may.
var ErrTimeout = errors.New("the query did not end")

// Options bound what queries may use.
type Options struct {
	MemoryLimit string        // of DuckDB, such as "512MB"; empty for its default
	Threads     int           // 0 for one a core
	Timeout     time.Duration // of one query, over reading its rows too; 0 for none
}

// A File is an open DuckDB file, as it was when it was opened. It runs one query
// at a time.
type File struct {
	opts Options
	db   *sql.DB
	conn *sql.Conn
	stop chan struct{} // of a query that was given up: closed once the engine let go of it
}

// Open opens a file for reading, to be closed.
func Open(ctx context.Context, path string, o Options) (*File, error) {
	f := &File{opts: o}
	if err := f.open(ctx, path); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// open attaches the file and locks the door.
func (f *File) open(ctx context.Context, path string) error {
	// Not opened by path: the driver shares one database for all openers of a
	// path, who would then see the file that was replaced, and its lock.
	connector, err := duckdb.NewConnector(":memory:?autoinstall_known_extensions=false&autoload_known_extensions=false", nil)
	if err != nil {
		return err
	}
	f.db = sql.OpenDB(connector)
	if f.conn, err = f.db.Conn(ctx); err != nil {
		return explain(ctx, err)
	}
	settings := []string{
		"SET temp_directory = ''", // results stay in memory, within its limit
		"SET TimeZone = 'UTC'",
		"ATTACH " + quote(path) + " AS warehouse (READ_ONLY)",
		"USE warehouse",
	}
	if f.opts.MemoryLimit != "" {
		settings = append(settings, "SET memory_limit = "+quote(f.opts.MemoryLimit))
	}
	if f.opts.Threads > 0 {
		settings = append(settings, "SET threads = "+strconv.Itoa(f.opts.Threads))
	}
	settings = append(settings, "SET enable_external_access = false", "SET lock_configuration = true")
	for _, s := range settings {
		if _, err := f.conn.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("open %s: %w", path, explain(ctx, err))
		}
	}
	return nil
}

// Close closes the file. It may be called twice. Where the engine does not let
// go of a query that was given up, the file is closed as soon as it does.
func (f *File) Close() error {
	if f.stop != nil {
		select {
		case <-f.stop:
		default:
			conn, db, stop := f.conn, f.db, f.stop
			f.conn, f.db, f.stop = nil, nil, nil
			go func() { <-stop; _ = conn.Close(); _ = db.Close() }()
		}
	}
	var errs []error
	if f.conn != nil {
		errs = append(errs, f.conn.Close())
	}
	if f.db != nil {
		errs = append(errs, f.db.Close())
	}
	f.conn, f.db = nil, nil
	return errors.Join(errs...)
}

// Query runs one reading statement. Another error than [ErrStatement] is the
// engine's, or why the context ended.
func (f *File) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	r := &Rows{}
	if f.opts.Timeout > 0 {
		cause := fmt.Errorf("%w within %v", ErrTimeout, f.opts.Timeout)
		r.ctx, r.cancel = context.WithTimeoutCause(ctx, f.opts.Timeout, cause)
	} else {
		r.ctx, r.cancel = context.WithCancel(ctx)
	}
	if f.stop != nil {
		r.cancel()
		return nil, errors.New("the query before was given up: open the file again")
	}
	if err := f.start(r, query, args); err != nil {
		return nil, errors.Join(explain(r.ctx, err), r.Close())
	}
	return r, nil
}

// Date returns a day as an argument of a query that has the type DATE
// whatever the statement makes of it; of t only the calendar day as written
// counts. Nil is NULL.
func Date(t *time.Time) any {
	if t == nil {
		return duckdb.Typed(nil, duckdb.TYPE_DATE)
	}
	return duckdb.Typed(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), duckdb.TYPE_DATE)
}

// letGo is how long the engine has to end a query that was interrupted.
const letGo = time.Second

// start runs the statement. The engine looks at an interruption between rows,
// but not within one value, such as a text of gigabytes, nor while it plans:
// then it is given up, and works on alone.
func (f *File) start(r *Rows, query string, args []any) error {
	started := make(chan error, 1)
	left := &Rows{ctx: r.ctx, cancel: r.cancel}
	conn, stop := f.conn, make(chan struct{})
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
		f.stop = stop
		return context.Cause(r.ctx)
	}
}

// Rows are the rows of a query, to be closed.
type Rows struct {
	Columns []Column

	rows    *sql.Rows
	ctx     context.Context // of this query, which Close ends
	cancel  context.CancelFunc
	file    *File // closed with the rows; nil where the caller does it
	values  []any
	targets []any
	count   int64
}

// A Column is a column of a query's result, with its DuckDB type.
type Column struct{ Name, Type string }

// quote makes a text a literal of SQL.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

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

// Next returns the values of the next row, valid until the next call, and nil
// after the last one. A value is of the type that DuckDB's driver gives: nil,
// bool, integers, *big.Int, float64, string, time.Time in UTC, []byte (also for
// UUID), duckdb.Decimal, []any, map[string]any or another type of the driver.
func (r *Rows) Next() ([]any, error) {
	if !r.rows.Next() {
		return nil, explain(r.ctx, r.rows.Err())
	}
	if err := r.rows.Scan(r.targets...); err != nil {
		return nil, err
	}
	r.count++
	return r.values, nil
}

// Scan advances to the next row and copies it into the values that dst points
// to, as database/sql does; it returns false after the last row.
func (r *Rows) Scan(dst ...any) (bool, error) {
	if !r.rows.Next() {
		return false, explain(r.ctx, r.rows.Err())
	}
	r.count++
	return true, r.rows.Scan(dst...)
}

// Count returns how many rows were read so far; it may be called behind Close.
func (r *Rows) Count() int64 { return r.count }

// CloseWith has Close close the file too, behind the last query of it.
func (r *Rows) CloseWith(f *File) { r.file = f }

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
