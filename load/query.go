package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
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

// QueryOptions bound what a query may use.
type QueryOptions struct {
	MemoryLimit string        // of DuckDB, such as "512MB"; empty for its default
	Threads     int           // 0 for one a core
	Timeout     time.Duration // over reading the rows too; 0 for none
	MaxRows     int64         // rows that Next returns at most; 0 for all
}

// Rows are the rows of a query, to be closed.
type Rows struct {
	Columns []Column

	rows      *sql.Rows
	ctx       context.Context // ends the query; the one that Query made
	cancel    context.CancelFunc
	conn      *sql.Conn
	db        *sql.DB
	left      int64 // rows still allowed, negative for any number
	truncated bool
	values    []any
	targets   []any
}

// A Column is a column of a query's result, with its DuckDB type.
type Column struct{ Name, Type string }

// Query runs one reading statement over a published file. The file is attached
// read-only to a database in memory that can reach no other file, loads no
// extension and whose configuration is locked, with UTC as its time zone. Any
// number of queries may run beside each other and beside a publication: each
// sees the file as it was when it began.
func Query(ctx context.Context, path, query string, args []any, o QueryOptions) (*Rows, error) {
	cancel := context.CancelFunc(func() {})
	if o.Timeout > 0 {
		cause := fmt.Errorf("the query did not end within %v", o.Timeout)
		ctx, cancel = context.WithTimeoutCause(ctx, o.Timeout, cause)
	} else {
		ctx, cancel = context.WithCancel(ctx)
	}
	r := &Rows{ctx: ctx, cancel: cancel, left: -1}
	if o.MaxRows > 0 {
		r.left = o.MaxRows
	}
	if err := r.open(path, o); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if err := r.start(query, args); err != nil {
		return nil, errors.Join(r.explain(err), r.Close())
	}
	return r, nil
}

// open attaches the file and locks the door.
func (r *Rows) open(path string, o QueryOptions) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w", path, ErrNotPublished)
	}
	// Not opened by path: the driver shares one database for all openers of a
	// path, who would then see the file that was replaced, and its lock.
	connector, err := duckdb.NewConnector(":memory:?autoinstall_known_extensions=false&autoload_known_extensions=false", nil)
	if err != nil {
		return err
	}
	r.db = sql.OpenDB(connector)
	if r.conn, err = r.db.Conn(r.ctx); err != nil {
		return err
	}
	settings := []string{
		"SET temp_directory = ''", // results stay in memory, within its limit
		"SET TimeZone = 'UTC'",
		"ATTACH " + quoteText(path) + " AS warehouse (READ_ONLY)",
		"USE warehouse",
	}
	if o.MemoryLimit != "" {
		settings = append(settings, "SET memory_limit = "+quoteText(o.MemoryLimit))
	}
	if o.Threads > 0 {
		settings = append(settings, "SET threads = "+strconv.Itoa(o.Threads))
	}
	settings = append(settings, "SET enable_external_access = false", "SET lock_configuration = true")
	for _, s := range settings {
		if _, err := r.conn.ExecContext(r.ctx, s); err != nil {
			return fmt.Errorf("open %s: %w", path, r.explain(err))
		}
	}
	return nil
}

// quoteText makes a text a literal of SQL.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// start runs the statement once it is known to be one that reads.
func (r *Rows) start(query string, args []any) (err error) {
	if err := r.check(query); err != nil {
		return err
	}
	if r.rows, err = r.conn.QueryContext(r.ctx, query, args...); err != nil {
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

// check refuses all but one statement that reads.
func (r *Rows) check(query string) error {
	return r.conn.Raw(func(driverConn any) error {
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
func (r *Rows) explain(err error) error {
	if err != nil && r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	return err
}

// Next returns the values of the next row, valid until the next call, and nil
// after the last one. A value is of the type that DuckDB's driver gives: nil,
// bool, integers, *big.Int, float64, string, time.Time in UTC, []byte (also for
// UUID), duckdb.Decimal, []any, map[string]any or another type of the driver.
func (r *Rows) Next() ([]any, error) {
	if !r.rows.Next() {
		return nil, r.explain(r.rows.Err())
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

// Truncated reports whether MaxRows kept rows back.
func (r *Rows) Truncated() bool { return r.truncated }

// Close ends the query. It may be called twice.
func (r *Rows) Close() error {
	var errs []error
	if r.rows != nil {
		errs = append(errs, r.rows.Close())
	}
	r.cancel()
	if r.conn != nil {
		errs = append(errs, r.conn.Close())
	}
	if r.db != nil {
		errs = append(errs, r.db.Close())
	}
	r.rows, r.conn, r.db = nil, nil, nil
	return errors.Join(errs...)
}
