package query

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"fanlake/load/terminal"
)

// publishedFile writes a file as publication leaves it, closed, and returns
// its path.
func publishedFile(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "it's a warehouse.duckdb")
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), script); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// run opens a file for one statement.
func run(ctx context.Context, path, text string, args []any, o Options) (*Rows, error) {
	f, err := Open(ctx, path, o)
	if err != nil {
		return nil, err
	}
	rows, err := f.Query(ctx, text, args...)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	rows.CloseWith(f)
	return rows, nil
}

func format(t *testing.T, path, query string, write func(io.Writer, *Rows) error, args ...any) string {
	t.Helper()
	rows, err := run(t.Context(), path, query, args, Options{Threads: 1, MemoryLimit: "200MB"})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var out bytes.Buffer
	if err := write(&out, rows); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out.String()
}

// anyWidth writes a table for a screen of any width.
func anyWidth(w io.Writer, r *Rows) error { return WriteTable(w, r, 0) }

const everyType = `SELECT true AS b, 9007199254740993::BIGINT AS big, 170141183460469231731687303715884105727::HUGEINT AS huge,
	(-0.05)::DECIMAL(5,2) AS dec, TIMESTAMP '2026-02-01 03:00:00.5' AS at, TIMESTAMPTZ '2026-02-01 03:00:00+02' AS atz, DATE '2026-02-01' AS d,
	'11111111-1111-1111-1111-111111111111'::UUID AS id, ['a', NULL] AS list, [1, 2] AS nums, 'a "b", c' AS s, '' AS empty, NULL::VARCHAR AS n, 1.5::DOUBLE AS f,
	['11111111-1111-1111-1111-111111111111'::UUID] AS ids`

func TestFormats(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	wantCSV := `b,big,huge,dec,at,atz,d,id,list,nums,s,empty,n,f,ids
true,9007199254740993,170141183460469231731687303715884105727,-0.05,2026-02-01T03:00:00.5Z,2026-02-01T01:00:00Z,2026-02-01,11111111-1111-1111-1111-111111111111,"[""a"",null]","[1,2]","a ""b"", c","",,1.5,"[""11111111-1111-1111-1111-111111111111""]"
`
	if diff := cmp.Diff(wantCSV, format(t, path, everyType, WriteCSV)); diff != "" {
		t.Errorf("CSV: (-want +got)\n%s", diff)
	}
	wantJSON := `[
{"b":true,"big":9007199254740993,"huge":170141183460469231731687303715884105727,"dec":-0.05,"at":"2026-02-01T03:00:00.5Z","atz":"2026-02-01T01:00:00Z","d":"2026-02-01","id":"11111111-1111-1111-1111-111111111111","list":["a",null],"nums":[1,2],"s":"a \"b\", c","empty":"","n":null,"f":1.5,"ids":["11111111-1111-1111-1111-111111111111"]}
]
`
	if diff := cmp.Diff(wantJSON, format(t, path, everyType, WriteJSON)); diff != "" {
		t.Errorf("JSON: (-want +got)\n%s", diff)
	}
	if got := format(t, path, "SELECT 1 AS a WHERE false", WriteJSON); got != "[]\n" {
		t.Errorf("no rows: got %q", got)
	}
	if got := format(t, path, "SELECT 1 AS a, 2 AS b WHERE false", WriteCSV); got != "a,b\n" {
		t.Errorf("no rows: got %q", got)
	}
	wantFloats := "big,small,least,huge,f32\n1281909,-0.00001,1e-07,1e+21,1234567\n"
	if got := format(t, path, "SELECT 1281909::DOUBLE AS big, -0.00001::DOUBLE AS small, 1e-7::DOUBLE AS least, 1e21::DOUBLE AS huge, 1234567::FLOAT AS f32", WriteCSV); got != wantFloats {
		t.Errorf("floats: got %q", got)
	}
	wantTable := "name     n\n----  ----\nx        1\nyy    NULL\n(2 rows)\n"
	if diff := cmp.Diff(wantTable, format(t, path, "FROM (VALUES ('x', 1), ('yy', NULL)) v(name, n)", anyWidth)); diff != "" {
		t.Errorf("table: (-want +got)\n%s", diff)
	}
}

// What a screen cannot show as a table it shows as records.
func TestTableThatIsWiderThanTheScreen(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	const rows = "FROM (VALUES ('x', 1, 'Zürich'), ('yy', NULL, '東京')) v(name, n, where_it_is)"
	table := "name     n  where_it_is\n----  ----  -----------\nx        1  Zürich\nyy    NULL  東京\n(2 rows)\n" // 23 wide
	records := "-- 1 ----------------\n" + `name         x
n            1
where_it_is  Zürich
` + "-- 2 ----------------\n" + `name         yy
n            NULL
where_it_is  東京
(2 rows)
`
	for _, c := range []struct {
		width int
		query string
		want  string
	}{
		{23, rows, table},
		{0, rows, table},
		{22, rows, strings.ReplaceAll(records, "----------------\n", "-----------------\n")},
		{21, rows, records},
		{10, rows + " WHERE n = 7", "name  n  where_it_is\n----  -  -----------\n(0 rows)\n"},
		{1, "SELECT 1 AS a, 2 AS b", "-- 1 \na  1\nb  2\n(1 row)\n"},
	} {
		got := format(t, path, c.query, func(w io.Writer, r *Rows) error { return WriteTable(w, r, c.width) })
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%d wide: (-want +got)\n%s", c.width, diff)
		}
	}
}

func TestCSVReadsBack(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	text := "a,\"b\"\r\nc\nd; 'e' =1+1"
	got, err := csv.NewReader(strings.NewReader(format(t, path, "SELECT ? AS x, ? AS y", WriteCSV, text, " z "))).ReadAll()
	// A reader of CSV may read a carriage return before a line feed as nothing.
	want := [][]string{{"x", "y"}, {strings.ReplaceAll(text, "\r\n", "\n"), " z "}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// What strangers wrote is no formula in CSV; numbers stay numbers, also written
// as text, and whatever is a program's is as it is where that is asked for.
func TestCSVIsHarmless(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	const statement = `SELECT unnest(['=1+1', '+x', '-2+3', '@SUM(A1)', chr(9) || '=1', chr(13) || '=1', '-12.50', '+44', '-1e-7', 'a=1', '', NULL]) AS name, -5 AS n, -0.5::DECIMAL(3,1) AS d, DATE '2026-02-01' AS "=day"`
	read := func(write func(io.Writer, *Rows) error) (names []string, rest []string) {
		t.Helper()
		rows, err := csv.NewReader(strings.NewReader(format(t, path, statement, write))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		rest = append(rest, rows[0]...)
		rest = append(rest, rows[1][1:]...)
		for _, r := range rows[1:] {
			names = append(names, r[0])
		}
		return names, rest
	}
	names, rest := read(WriteHarmlessCSV)
	if want := []string{"'=1+1", "'+x", "'-2+3", "'@SUM(A1)", "'\t=1", "'\r=1", "-12.50", "+44", "-1e-7", "a=1", "", ""}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if want := []string{"name", "n", "d", "'=day", "-5", "-0.5", "2026-02-01"}; !slices.Equal(rest, want) {
		t.Errorf("got %q, want %q", rest, want)
	}
	names, rest = read(WriteCSV)
	if want := []string{"=1+1", "+x", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-12.50", "+44", "-1e-7", "a=1", "", ""}; !slices.Equal(names, want) {
		t.Errorf("exact: got %q, want %q", names, want)
	}
	if rest[3] != "=day" {
		t.Errorf("exact: got %q", rest)
	}
}

func TestTableCarriesNoControlSequences(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	evil := "\x1b[31mred\x07\r\n\u009b2J\u202egnp\u200b" + strings.Repeat("long", 50)
	got := format(t, path, `SELECT ? AS "e`+"\x1b"+`[2J", list_value(?::VARCHAR) AS l`, anyWidth, evil, evil)
	for _, r := range got {
		if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u202e' || r == '\u200b') {
			t.Fatalf("the table holds %U:\n%q", r, got)
		}
	}
	if !strings.Contains(got, `\x1b[31mred\a\r\n`) {
		t.Errorf("got %q, want the escapes to be readable", got)
	}
	for line := range strings.Lines(got) {
		if n := len([]rune(line)); n > 2*cellWidth+4 {
			t.Errorf("a line of %d characters: %q", n, line)
		}
	}
}

// Marks that stand on the character before them take no column and no end of room.
func TestCellBoundsWhatTakesNoColumn(t *testing.T) {
	t.Parallel()
	accents := "a" + strings.Repeat("\u0301", 5000)
	if got, want := cell(accents), accents[:1+2*(cellRunes-1)]+"…"; got != want {
		t.Errorf("%d bytes, want %d: %.40q", len(got), len(want), got)
	}
	for _, s := range []string{"", "Zoë", strings.Repeat("e\u0301", cellWidth), strings.Repeat("東", cellWidth/2)} {
		if got := cell(s); got != s {
			t.Errorf("cell(%q) = %q", s, got)
		}
	}
	if got, want := cell(strings.Repeat("x", 5000)), strings.Repeat("x", cellWidth-1)+"…"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTerminalTakesNoOrders(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	evil := "\x1b]0;title\x07\r\u009b2J\u202e \"quoted\""
	for name, write := range map[string]func(io.Writer, *Rows) error{"csv": WriteCSV, "json": WriteJSON, "table": anyWidth} {
		got := format(t, path, `SELECT ? AS "e`+"\x1b"+`[2J", 'plain ünïcode 日本' AS p, repeat(?, 2000) AS l`, func(w io.Writer, r *Rows) error { return write(terminal.Writer(w), r) }, evil, evil)
		for _, r := range got {
			if r != '\n' && (!unicode.IsPrint(r) || r == unicode.ReplacementChar) {
				t.Errorf("%s holds %U", name, r)
				break
			}
		}
		if !strings.Contains(got, "plain ünïcode 日本") || !strings.HasSuffix(got, "\n") {
			t.Errorf("%s: %.200q", name, got)
		}
	}
}

func TestQueryCanOnlyRead(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE SCHEMA mart; CREATE TABLE mart.t AS SELECT 1 AS a")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.csv")
	other := publishedFile(t, "CREATE TABLE secret AS SELECT 1 AS a")
	for _, query := range []string{
		"SELECT * FROM read_csv('/etc/passwd')",
		"SELECT * FROM read_text('/etc/passwd')",
		"SELECT * FROM read_blob('/etc/passwd')",
		"FROM '/etc/passwd'",
		"FROM glob('/etc/*')",
		"FROM read_parquet('" + out + "')",
		"FROM sniff_csv('/etc/passwd')",
		"FROM query('FROM read_text(''/etc/passwd'')')",
		"COPY mart.t TO '" + out + "'",
		"COPY (SELECT 1) TO '" + out + "' (FORMAT parquet)",
		"EXPLAIN ANALYZE COPY mart.t TO '" + out + "'",
		"EXPORT DATABASE '" + out + "'",
		"ATTACH '" + strings.ReplaceAll(other, "'", "''") + "' AS o",
		"DETACH warehouse",
		"USE memory",
		"INSTALL httpfs",
		"LOAD httpfs",
		"SET memory_limit = '10GB'",
		"SET enable_external_access = true",
		"RESET lock_configuration",
		"PRAGMA enable_profiling",
		"CALL enable_logging()",
		"CREATE TABLE x AS SELECT 1",
		"CREATE TEMP TABLE x AS SELECT 1",
		"CREATE TABLE memory.main.x AS SELECT 1",
		"INSERT INTO mart.t VALUES (2)",
		"EXPLAIN ANALYZE INSERT INTO mart.t VALUES (2)",
		"UPDATE mart.t SET a = 2",
		"DELETE FROM mart.t",
		"DROP TABLE mart.t",
		"CHECKPOINT",
		"VACUUM",
		"BEGIN",
		"SET VARIABLE x = 1",
		"PREPARE p AS SELECT 1",
		"SELECT 1; SELECT 2",
		"SELECT 1; COPY mart.t TO '" + out + "'",
		"",
		";",
		"-- nothing",
		"SELEKT 1",
	} {
		rows, err := run(t.Context(), path, query, nil, Options{Threads: 1})
		if err == nil {
			_, err = rows.Next()
			rows.Close()
		}
		if err == nil {
			t.Errorf("%q was run", query)
		} else if len(err.Error()) < 15 {
			t.Errorf("%q: an error that says nothing: %v", query, err)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a query wrote a file")
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file changed (%v)", err)
	}
}

func TestQueryReads(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE SCHEMA mart; CREATE TABLE mart.t AS SELECT 1 AS a; CREATE VIEW mart.v AS SELECT a + 1 AS b FROM mart.t")
	for _, query := range []string{
		"SELECT a FROM mart.t;", "FROM mart.v", "WITH x AS (SELECT 1) SELECT * FROM x", "SHOW ALL TABLES", "DESCRIBE mart.t", "SUMMARIZE mart.t",
		"EXPLAIN SELECT * FROM mart.t", "SELECT * FROM duckdb_tables()", "VALUES (1)", "SELECT current_setting('TimeZone')",
	} {
		if got := format(t, path, query, WriteCSV); strings.Count(got, "\n") < 2 {
			t.Errorf("%s: got %q", query, got)
		}
	}
	if got := format(t, path, "SELECT current_setting('TimeZone') AS z", WriteCSV); got != "z\nUTC\n" {
		t.Errorf("zone: got %q", got)
	}
	if got := format(t, path, "SELECT a FROM mart.t WHERE a = ?", WriteCSV, 1); got != "a\n1\n" {
		t.Errorf("argument: got %q", got)
	}
}

func TestQueryBounds(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	_, err := run(t.Context(), path, "SELECT 1; SELECT 2", nil, Options{})
	if !errors.Is(err, ErrStatement) {
		t.Errorf("two statements: got %v", err)
	}
	_, err = run(t.Context(), path, "SELECT count(*) FROM range(100000000000) a, range(1000) b", nil, Options{Timeout: 50 * time.Millisecond})
	if !errors.Is(err, context.DeadlineExceeded) && (err == nil || !strings.Contains(err.Error(), "within 50ms")) {
		t.Errorf("timeout: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = run(ctx, path, "SELECT 1", nil, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func TestQuerySeesTheNextPublication(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 'old' AS a")
	old, err := run(t.Context(), path, "SELECT a FROM t, range(100000)", nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := os.Rename(publishedFile(t, "CREATE TABLE t AS SELECT 'new' AS a"), path); err != nil {
		t.Fatal(err)
	}
	if got := format(t, path, "SELECT a FROM t", WriteCSV); got != "a\nnew\n" {
		t.Errorf("a new query: got %q", got)
	}
	var out bytes.Buffer
	if err := WriteCSV(&out, old); err != nil || strings.Count(out.String(), "old") != 100000 {
		t.Errorf("the query that was open: %d rows, %v", strings.Count(out.String(), "old"), err)
	}
}

func TestJSONIsJSON(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	got := format(t, path, everyType+", {'k': 1, 'l': NULL} AS st, 'NaN'::DOUBLE AS nan, INTERVAL 1 DAY AS i, '\\xAA'::BLOB AS bl, MAP {'a': 1} AS m, TIME '10:00' AS tm, '{\"x\": [1]}'::JSON AS j FROM range(3)", WriteJSON)
	var rows []map[string]any
	if err := json.Unmarshal([]byte(got), &rows); err != nil || len(rows) != 3 {
		t.Errorf("got %d rows, %v in %s", len(rows), err, got)
	}
}
