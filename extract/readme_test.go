package extract_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"fanlake/extract"
)

var update = flag.Bool("update", false, "write README.md anew")

// TestReadme holds README.md to the stream values.
func TestReadme(t *testing.T) {
	want := readme()
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("README.md is not what the streams are; run go test ./extract -run Readme -update")
	}
}

func readme() string {
	var b strings.Builder
	b.WriteString(`# The streams

What fanlake reads of the API, generated from the stream values of this package
(` + "`go test ./extract -run Readme -update`" + `). Paths stand behind the surface's prefix:
` + "`/v1`, `/v0`" + ` or nothing. Of creators other than the key's owner the scope
` + "`read:creator`" + ` is needed as well. "Paging" is how the first page is asked for; how a
walk goes on follows from the envelope of each answer: a cursor, a page number, or
the two watermarks of messages.

| stream | scopes | of the owner | of a creator | paging | read, and how it is kept current |
|---|---|---|---|---|---|
`)
	for _, st := range extract.Streams {
		cells(&b, st.Name, code(st.Scopes...), code(st.Self), code(st.Of), paging(st), cadence(st))
	}
	b.WriteString(`
Cadences are set by ` + "`streams`" + ` of the configuration: ` + "`nightly`, `weekly` or `off`" + `. What is
off takes what belongs to it along. What is read weekly is spread over the week by creator. Streams that a key's scopes do not
allow are skipped and named; ` + "`fanlake doctor`" + ` says which.

## The older surface

` + "`/v0`" + ` and the paths without prefix are two spellings of it. Its lists are numbered
pages, which shift while they are read: such a walk is repeated from the top until
two agree on their overlap. What it lacks lands as NULL. These streams differ:

| stream | of the owner | of a creator | paging |
|---|---|---|---|
`)
	for _, st := range extract.Streams {
		old, ok := st.On(extract.V0)
		switch {
		case !ok:
			cells(&b, st.Name, "not there", "not there", "")
		case old.Self != st.Self || old.SelfOnly || old.Paging != st.Paging || old.RowID != "":
			of := code(old.Of)
			if old.SelfOnly {
				of = "not there"
			}
			cells(&b, st.Name, code(old.Self), of, paging(old))
		}
	}
	return b.String()
}

func cells(b *strings.Builder, all ...string) {
	b.WriteString("| " + strings.Join(all, " | ") + " |\n")
}

func code(texts ...string) string {
	var all []string
	for _, s := range texts {
		if s != "" {
			all = append(all, "`"+s+"`")
		}
	}
	return strings.Join(all, ", ")
}

func paging(st extract.Stream) string {
	text := map[extract.Paging]string{extract.Single: "one answer", extract.BySize: "`size=50`", extract.ByLimit: "`limit=50`", extract.ByInstant: "`limit=50`, by instants"}[st.Paging]
	if st.Bulk {
		text = "POST, 100 fans a request"
	}
	if st.RowID != "" {
		text += ", numbered pages"
	}
	if st.Window {
		text += ", `startDate`, `endDate`"
	}
	if st.Time != "" {
		text += ", newest first"
	}
	return text
}

func cadence(st extract.Stream) string {
	if st.Parent != "" {
		return st.Cadence + "; belongs to " + code(st.Parent)
	}
	return st.Cadence
}
