package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// These tests read the files of the tree. They ask neither the go command nor
// git: what those read is unknown to the test cache, and a broken rule would
// still be "ok (cached)".

// A place says where a package stands. It may import every package of the
// project on a lower floor but those in not, of its own floor those in also.
type place struct {
	floor int
	also  []string
	not   []string
	tests []string // what its tests may import beside that
}

// floors is the table of the packages. A package that is not in it fails.
func floors() map[string]place {
	stages := []string{"extract", "extract/oauth", "extract/fanvuesim", "transform", "schedules", "schedules/notify", "configs", "configs/secret"}
	return map[string]place{
		"cmd/fanlake":               {floor: 3},
		"cmd/internal/backup":       {floor: 1, not: append(stages, "load", "transform/tables", "sql")},
		"cmd/internal/pipeline":     {floor: 2},
		"cmd/internal/metrics":      {floor: 2, not: stages},
		"cmd/internal/web":          {floor: 2},
		"load":                      {floor: 1, also: []string{"load/checks", "load/marts", "load/query", "load/runs", "load/schema", "load/statement/manifest"}, not: stages},
		"load/checks":               {floor: 1, not: stages},
		"load/marts":                {floor: 1, also: []string{"load/schema"}, not: stages, tests: []string{"load/checks"}},
		"load/query":                {floor: 1, not: append(stages, "transform/tables", "sql")},
		"load/report":               {floor: 1, also: []string{"load", "load/query", "load/runs"}, not: stages},
		"load/runs":                 {floor: 1, not: append(stages, "transform/tables", "sql")},
		"load/schema":               {floor: 1, not: stages},
		"load/statement":            {floor: 1, also: []string{"load", "load/query", "load/statement/chart", "load/statement/commission", "load/statement/document", "load/statement/html", "load/statement/manifest", "load/statement/pdf", "load/statement/record"}, not: stages, tests: []string{"load/checks", "load/statement/samples"}},
		"load/statement/chart":      {floor: 1, also: []string{"load/statement/document"}, not: stages, tests: []string{"load/statement/samples"}},
		"load/statement/commission": {floor: 1, also: []string{"load/statement/document"}, not: stages},
		"load/statement/html":       {floor: 1, also: []string{"load/statement/chart", "load/statement/document"}, not: stages, tests: []string{"load/statement/samples"}},
		"load/statement/pdf":        {floor: 1, also: []string{"load/statement/chart", "load/statement/document"}, not: stages, tests: []string{"load/statement/samples"}},
		"load/statement/samples":    {floor: 1, also: []string{"load/statement/document"}, not: stages},
		"load/statement/document":   {floor: 1, not: stages},
		"load/statement/manifest":   {floor: 1, not: append(stages, "transform/tables", "sql")},
		"load/statement/record":     {floor: 1, also: []string{"load/statement/document", "load/statement/manifest"}, not: stages},
		"extract/oauth":             {floor: 1, not: []string{"transform", "transform/tables", "sql", "schedules", "extract/fanvuesim"}, tests: []string{"extract/fanvuesim"}},
		"extract":                   {tests: []string{"extract/fanvuesim"}},
		"extract/fanvuesim":         {},
		"transform":                 {also: []string{"transform/tables"}},
		"transform/tables":          {},
		"load/durable":              {},
		"load/lookup":               {also: []string{"load/terminal"}},
		"load/spreadsheet":          {},
		"load/terminal":             {},
		"sql":                       {},
		"schedules":                 {},
		"schedules/notify":          {},
		"configs":                   {also: []string{"configs/secret"}},
		"configs/secret":            {},
	}
}

const module = "fanlake"

// root is the root of the repository, seen from this package.
const root = "../.."

// tree returns the files of the repository with slashes, without what
// .gitignore leaves out.
func tree(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	if err != nil {
		t.Fatal(err)
	}
	patterns := strings.Fields(string(text))
	ignored := func(name string, dir bool) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			p, onlyDir := strings.CutSuffix(p, "/")
			subject := path.Base(name)
			if rest, anchored := strings.CutPrefix(p, "/"); anchored {
				p, subject = rest, name
			}
			ok, err := path.Match(p, subject)
			if err != nil {
				t.Errorf(".gitignore: %s: %v", p, err)
			}
			return ok && (dir || !onlyDir)
		})
	}
	var files []string
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		name := filepath.ToSlash(rel)
		switch {
		case err != nil || name == ".":
			return err
		case name == ".git":
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case ignored(name, d.IsDir()):
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case !d.IsDir():
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestTopLevel(t *testing.T) {
	t.Parallel()
	fixed := []string{".ci", ".gitignore", "LICENSE", "README.md", "cmd", "configs", "extract", "go.mod", "go.sum", "load", "schedules", "sql", "transform"}
	seen := map[string]bool{}
	for _, name := range tree(t) {
		entry, _, _ := strings.Cut(name, "/")
		if !seen[entry] && !slices.Contains(fixed, entry) {
			t.Errorf("%s: the entries of the top level are fixed: %s", entry, strings.Join(fixed, " "))
		}
		seen[entry] = true
	}
}

// A source is a Go file.
type source struct {
	name    string // with slashes, from the root
	pkg     string // its directory
	test    bool
	file    *ast.File
	imports []string
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	for _, name := range tree(t) {
		if path.Ext(name) != ".go" || strings.Contains(name, "testdata/") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		s := source{name: name, pkg: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), file: f}
		for _, i := range f.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			s.imports = append(s.imports, imported)
		}
		all = append(all, s)
	}
	return all
}

func TestFloors(t *testing.T) {
	t.Parallel()
	table := floors()
	for _, s := range sources(t) {
		if _, ok := table[s.pkg]; !ok {
			t.Errorf("%s: package %s has no floor; give it one in the table of this test", s.name, s.pkg)
			continue
		}
		for _, imported := range s.imports {
			if problem := forbidden(table, s, imported); problem != "" {
				t.Errorf("%s imports %s: %s", s.name, imported, problem)
			}
		}
	}
}

// forbidden says why s may not import a package, or nothing.
func forbidden(table map[string]place, s source, imported string) string {
	from := table[s.pkg]
	if strings.Contains(imported, "/duckdb/") && s.pkg != "load" && s.pkg != "load/query" && !(s.test && from.floor > 0) {
		return "the DuckDB driver is kept behind load and load/query"
	}
	name, ours := strings.CutPrefix(imported, module+"/")
	if !ours || name == s.pkg && s.test {
		return ""
	}
	if s.test && slices.Contains(from.tests, name) {
		return ""
	}
	to, known := table[name]
	switch {
	case !known:
		return "it has no floor"
	case slices.Contains(from.not, name):
		return "the stages do not know each other"
	case to.floor > from.floor, to.floor == from.floor && !slices.Contains(from.also, name):
		return "imports go down only"
	}
	return ""
}

// TestForbidden breaks the floors on purpose.
func TestForbidden(t *testing.T) {
	t.Parallel()
	const driver = "github.com/duckdb/duckdb-go/v2"
	table := floors()
	for _, c := range []struct {
		pkg  string
		test bool
		to   string
		ok   bool
	}{
		{"cmd/fanlake", false, "fanlake/load", true},
		{"cmd/internal/pipeline", false, "fanlake/extract", true},
		{"cmd/internal/pipeline", false, "fanlake/cmd/internal/web", false},
		{"cmd/internal/pipeline", false, "fanlake/cmd/fanlake", false},
		{"load", false, "fanlake/transform/tables", true},
		{"load", false, "fanlake/sql", true},
		{"load", false, "fanlake/transform", false},
		{"load", false, "fanlake/extract", false},
		{"load", false, driver, true},
		{"load", false, "fanlake/load/query", true},
		{"load/query", false, driver, true},
		{"load/query", false, "fanlake/load", false},
		{"load/statement", false, "fanlake/load", true},
		{"load", false, "fanlake/load/statement", false},
		{"load/statement", false, driver, false},
		{"cmd/fanlake", false, driver, false},
		{"cmd/internal/pipeline", true, driver, true},
		{"transform", true, driver, false},
		{"transform", false, "fanlake/transform/tables", true},
		{"transform/tables", false, "fanlake/transform", false},
		{"transform", false, "fanlake/extract", false},
		{"extract", false, "fanlake/extract/fanvuesim", false},
		{"extract", true, "fanlake/extract/fanvuesim", true},
		{"extract/fanvuesim", false, "fanlake/extract", false},
		{"extract/fanvuesim", true, "fanlake/extract", false},
		{"configs", false, "fanlake/schedules", false},
		{"configs", true, "fanlake/configs", true},
		{"schedules", false, "fanlake/util", false},
		{"schedules", false, "time", true},
	} {
		problem := forbidden(table, source{pkg: c.pkg, test: c.test}, c.to)
		if (problem == "") != c.ok {
			t.Errorf("%s (test: %v) importing %s: %q, allowed: %v", c.pkg, c.test, c.to, problem, c.ok)
		}
	}
}

func TestPackageComments(t *testing.T) {
	t.Parallel()
	comments := map[string][]string{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		if comments[s.pkg] == nil {
			comments[s.pkg] = []string{}
		}
		if s.file.Doc == nil {
			continue
		}
		comments[s.pkg] = append(comments[s.pkg], s.name)
		want := "Package " + s.file.Name.Name + " "
		if s.file.Name.Name == "main" {
			want = "Command " + path.Base(s.pkg) + " "
		}
		if !strings.HasPrefix(s.file.Doc.Text(), want) {
			t.Errorf("%s: the package comment does not begin with %q", s.name, want)
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(comments)) {
		if n := len(comments[pkg]); n != 1 {
			t.Errorf("%s has %d package comments %v, want 1", pkg, n, comments[pkg])
		}
	}
}

// secrets are the shapes of credentials that are known by their look.
var secrets = regexp.MustCompile(strings.Join([]string{
	`-----BEGIN [A-Z ]*PRIVATE KEY-----`,
	`\bAKIA[0-9A-Z]{16}\b`,
	`\bgh[pousr]_[A-Za-z0-9]{36}\b`,
	`\bxox[abp]-[A-Za-z0-9-]{20,}`,
	`\bsk_live_[A-Za-z0-9]{16,}`,
	`\bAGE-SECRET-KEY-1[A-Z0-9]{20,}`,
	`\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`,
	`(?i)x-fanvue-api-key: *[a-z0-9_-]{16,}`,
	`(?i)\b(api_key|client_secret|secret_key): *['"]?[a-z0-9_-]{24,}['"]?\s*$`,
}, "|"))

const maxFile = 1 << 20

func TestNoSecretsOrData(t *testing.T) {
	t.Parallel()
	data := []string{".parquet", ".duckdb", ".wal", ".key", ".pem", ".p12", ".pfx", ".zst", ".gz", ".zip", ".csv", ".ndjson", ".db", ".exe", ".so", ".test", ".prof"}
	// Words of places that only a working copy knows. They are put together
	// here, because this file is searched as well.
	foreign := []string{"." + "library", "shared" + "/docs", "/work" + "/main"}
	for _, name := range tree(t) {
		golden := strings.Contains(name, "testdata/")
		font := path.Ext(name) == ".ttf" // what a PDF embeds; its licence and making stand beside it
		if slices.Contains(data, path.Ext(name)) && !golden {
			t.Errorf("%s: data and keys do not belong into the repository", name)
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !golden && (len(text) > maxFile || !font && bytes.IndexByte(text, 0) >= 0) {
			t.Errorf("%s: binary, or larger than 1 MiB (%d bytes)", name, len(text))
		}
		if font {
			continue
		}
		for line, content := range bytes.Split(text, []byte("\n")) {
			if secrets.Match(content) {
				t.Errorf("%s:%d: looks like a secret", name, line+1)
			}
			for _, word := range foreign {
				if bytes.Contains(content, []byte(word)) {
					t.Errorf("%s:%d: %q is no part of the project", name, line+1, word)
				}
			}
		}
	}
}

func TestSecretsAreSeen(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("a1B2", 9)
	for line, want := range map[string]bool{
		"-----BEGIN OPENSSH " + "PRIVATE KEY-----": true,
		"token: ghp_" + body:                       true,
		"X-Fanvue-API-Key: " + body:                true,
		"    api_key: " + body:                     true,
		"    client_secret: '" + body + "'":        true,
		"    api_key: env:FANVUE_API_KEY":          false,
		"    secret_key: file:~/.config/a.key":     false,
		`req.Header.Set("X-Fanvue-API-Key", key)`:  false,
	} {
		if got := secrets.MatchString(line); got != want {
			t.Errorf("%q: secret %v, want %v", line, got, want)
		}
	}
}
