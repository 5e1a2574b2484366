package query

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What SQL that was handed in may try beyond the statements of
// TestQueryCanOnlyRead: none of it reaches a file, the environment, another
// program or the settings.
func TestQueryReachesNothing(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE SCHEMA mart; CREATE TABLE mart.t AS SELECT 1 AS a")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	secret := filepath.Join(dir, "secret.csv")
	if err := os.WriteFile(secret, []byte("a,b\nhidden,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	quoted := quote(secret)
	for _, query := range []string{
		"FROM read_csv(" + quoted + ")", "FROM read_csv_auto(" + quoted + ")", "FROM read_json(" + quoted + ")", "FROM read_ndjson_objects(" + quoted + ")",
		"FROM read_text(" + quoted + ")", "FROM read_blob(" + quoted + ")", "FROM " + quoted, "FROM \"" + secret + "\"", "FROM '" + dir + "/*.csv'",
		"FROM glob('" + dir + "/*')", "FROM sniff_csv(" + quoted + ")", "FROM parquet_metadata(" + quoted + ")", "FROM parquet_kv_metadata(" + quoted + ")",
		"FROM read_duckdb(" + quoted + ")", "FROM query('FROM read_text(" + strings.ReplaceAll(quoted, "'", "''") + ")')", "FROM query_table('" + secret + "')",
		"SELECT (SELECT content FROM read_text(" + quoted + "))", "WITH x AS (FROM read_csv(" + quoted + ")) FROM x",
		"DESCRIBE FROM read_csv(" + quoted + ")", "SUMMARIZE FROM read_csv(" + quoted + ")", "EXPLAIN ANALYZE FROM read_text(" + quoted + ")",
		"FROM read_csv('http://127.0.0.1:1/x.csv')", "FROM read_parquet('s3://bucket/x.parquet')",
		"SELECT getenv('HOME')", "SELECT current_setting('s3_secret_access_key')", "FROM duckdb_secrets()", "FROM which_secret('s3://x', 's3')",
		"CREATE SECRET (TYPE s3, KEY_ID 'x')", "CREATE PERSISTENT SECRET (TYPE http)",
		"FROM postgres_scan('host=localhost', 'a', 'b')", "FROM sqlite_scan(" + quoted + ", 'a')", "FROM mysql_query('x', 'y')", "FROM iceberg_scan('" + dir + "')",
		"ATTACH 'host=localhost' AS pg (TYPE postgres)", "ATTACH " + quoted + " AS s (TYPE sqlite)", "ATTACH ':memory:' AS m", "ATTACH '" + out + "' AS o",
		"FORCE INSTALL json", "INSTALL json FROM '" + dir + "'", "LOAD '" + secret + "'", "UPDATE EXTENSIONS",
		"SET enable_external_access = true", "SET GLOBAL enable_external_access = true", "RESET enable_external_access", "SET lock_configuration = false",
		"SET allowed_directories = ['" + dir + "']", "SET allowed_paths = ['" + secret + "']", "SET temp_directory = '" + dir + "'", "SET threads = 64", "SET TimeZone = 'Asia/Tokyo'",
		"PRAGMA memory_limit = '64GB'", "PRAGMA enable_external_access", "PRAGMA import_database('" + dir + "')", "PRAGMA profiling_output = '" + out + "'",
		"PRAGMA log_query_path = '" + out + "'", "SELECT set_config('threads', '64', false)",
		"COPY (SELECT 1) TO '" + out + "'", "COPY (SELECT 1) TO '/dev/stdout'", "COPY mart.t FROM " + quoted, "COPY FROM DATABASE warehouse TO memory",
		"EXPORT DATABASE '" + out + "'", "IMPORT DATABASE '" + dir + "'", "CREATE MACRO f() AS TABLE FROM read_text(" + quoted + ")", "CALL pragma_version()",
		"WITH x AS (INSERT INTO mart.t VALUES (2) RETURNING *) FROM x", "EXECUTE p", "DEALLOCATE p", "USE memory.main",
		"SELECT 1;;; DROP TABLE mart.t", "SELECT 1; -- x\nCOPY mart.t TO '" + out + "'", "EXPLAIN SELECT 1; COPY mart.t TO '" + out + "'",
	} {
		rows, err := run(t.Context(), path, query, nil, Options{Threads: 1, Timeout: 10 * time.Second})
		var row []any
		if err == nil {
			row, err = rows.Next()
			rows.Close()
		}
		if err == nil {
			t.Errorf("%q was run: %v", query, row)
		} else if strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: the error tells what the file holds: %v", query, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("a query wrote a file: %v, %v", entries, err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the published file changed (%v)", err)
	}
}

func TestQueryIsBoundInTime(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	for _, query := range []string{
		"WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r",
		"WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i FROM r) SELECT max(i) FROM r",
		"SELECT sum(a.i * b.i) FROM range(10000000000) a(i), range(1000000) b(i)",
		"SELECT repeat('x', 120000000)", // a constant, which the engine makes while it plans and does not leave
	} {
		began := time.Now()
		file, err := Open(t.Context(), path, Options{Threads: 1, MemoryLimit: "200MB", Timeout: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Query(t.Context(), query); !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "within 100ms") {
			t.Errorf("%s: %v, want that it did not end", query, err)
		}
		if err := file.Close(); err != nil {
			t.Errorf("%s: close: %v", query, err)
		}
		if took := time.Since(began); took > 20*letGo {
			t.Errorf("%s: gave up after %v", query, took)
		}
	}
}

func TestQueryIsBoundInMemory(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	for _, query := range []string{
		"SELECT list(i) FROM range(1000000000) r(i)",
		"SELECT string_agg(repeat('x', 1000), '') FROM range(10000000)",
		"SELECT count(DISTINCT i) FROM range(2000000000) r(i)",
		"FROM range(2000000000) r(i) ORDER BY hash(i)",
	} {
		rows, err := run(t.Context(), path, query, nil, Options{Threads: 1, MemoryLimit: "100MB", Timeout: time.Minute})
		if err == nil {
			_, err = rows.Next()
			rows.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "Out of Memory") {
			t.Errorf("%s: %v, want that it needs too much memory", query, err)
		}
	}
	if got := format(t, path, "SELECT a FROM t", WriteCSV); got != "a\n1\n" {
		t.Errorf("the query behind them: %q", got)
	}
}
