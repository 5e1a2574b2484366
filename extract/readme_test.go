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

## What one list says of all creators

An agency's ` + "`/agencies/chats`" + ` has the chats of all its creators, newest activity first.
A night reads it down to where each creator's chats are known, in the place of each
creator's ` + "`chats`" + `, and keeps its rows as chats. Nobody documents that it leaves out
none, so it never is proof: each creator's own list is read all the same on the
creator's day of the week, and a chat that the agency's list does not name is a week
late at most, as is what changed in a chat without new activity (read, muted) below
the pages that a night reads. It is not asked for where

* the key has not read ` + "`team_members`" + `, which needs the same scope, or was refused it within a week;
* fewer creators could be spared than it would take pages, by the chats that moved the day before;
* the run was asked for single streams, for everything again, or for the past.

It is given up, and every creator asked in the same night, where it fails or is refused
(403), where a row is out of order or lacks a field, where it has numbered pages and one
does not do, and as soon as its pages so far say that it cannot pay. So a night costs
more with it only if it is suddenly busier than the one before: by one request as a
rule, and never by more than there are creators to spare.

` + "`/agencies/subscribers-history`" + ` does not spare anybody's ` + "`subscriber_counts`" + `. These have a
row for each day, also one on which nothing moved, which would be missing; the agency's
rows cannot stand for them, because it is not known that the two cut days alike (one is
of UTC, the other may not be) and mean the same by ` + "`total`" + `. And it tells nothing of
followers, so ` + "`account`" + ` has to be asked for anyway. It is a stream of its own, for who
asks for it.

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
