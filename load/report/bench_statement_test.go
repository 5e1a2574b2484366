package report_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"fanlake/load"
	"fanlake/load/query"
	sqlfiles "fanlake/sql"
)

// BenchmarkStatementQueries runs each query of sql/statement on the agency of
// [BenchmarkReports] as package statement does for one creator and month. That of
// people is left out: it reads another file.
//
//	FANLAKE_LONG=1 FANLAKE_BENCH_DIR=/var/tmp/lakes go test ./load/report -run '^$' -bench Statement -benchtime 3x -timeout 1h
func BenchmarkStatementQueries(b *testing.B) {
	creator := uuid("creator 7")
	month := func(back int) time.Time { return time.Date(2026, time.Month(2-back), 1, 0, 0, 0, 0, time.UTC) }
	from, to := month(0), month(-1)
	var starts, ends []string // of the eleven months before
	for back := 11; back > 0; back-- {
		starts, ends = append(starts, month(back).Format(time.DateTime)), append(ends, month(back-1).Format(time.DateTime))
	}
	list := func(instants []string) string { return "[" + strings.Join(instants, ", ") + "]" }
	args := map[string][]any{
		"amounts":           {creator, from, to},
		"as_of":             nil,
		"audience":          {creator, from, to},
		"balances":          {creator, from, to},
		"coverage":          {creator},
		"creators":          nil,
		"digest":            nil,
		"lines":             {creator, from, to},
		"months":            {creator},
		"reversals_lacking": {creator, to, from},
		"summary_days":      {creator, from.Format(time.DateOnly), to.Format(time.DateOnly)},
		"year":              {list(starts), list(ends), creator},
	}
	files, err := fs.Glob(sqlfiles.FS, "statement/*.sql")
	if err != nil {
		b.Fatal(err)
	}
	for _, earnings := range sizes() {
		path := agencyOf(b, earnings)
		for _, file := range files {
			name := strings.TrimSuffix(strings.TrimPrefix(file, "statement/"), ".sql")
			if name == "people" {
				continue
			}
			with, known := args[name]
			text, err := fs.ReadFile(sqlfiles.FS, file)
			if !known || err != nil {
				b.Fatalf("%s: its arguments are not known, or %v", file, err)
			}
			b.Run(fmt.Sprintf("earnings=%d/%s", earnings, name), func(b *testing.B) {
				measure(b, path, func(p *load.Published) (*query.Rows, error) { return p.Query(b.Context(), string(text), with...) })
			})
		}
	}
}
