package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract"
	"fanlake/extract/fanvuesim"
	"fanlake/load"
	"fanlake/load/query"
	"fanlake/transform"
)

// A rig is a simulated API, an account that reads it, and the means to compare
// what was published with the simulator's truth.
type rig struct {
	sim     *fanvuesim.Sim
	server  *httptest.Server
	account pipeline.Account
	key     transform.Key
	steps   *steps
	lists   map[listTruth][][]string // since the night that was published last
	fans    map[string]string        // of rows of earnings, as a comparison saw them
	noting  bool                     // the truth of a night is only noted
	weekly  bool                     // a creator may have more pending earnings than are read every night
	pending map[string]time.Time     // rows of earnings that were pending, and the night on which they were last
	settled map[string]string        // rows of earnings that were pending within a week, and what they were

	opened   *load.Published // what was published last, as far as it was looked at
	openedAs os.FileInfo
	noOrder  bool // the older surface serves earnings in their oldest form
}

// newRig serves a world without a request limit, unless the options set one.
func newRig(t testing.TB, o fanvuesim.Options) *rig {
	t.Helper()
	if o.Gate.Rate.Limit == 0 {
		o.Gate.Rate.Limit = -1
	}
	sim := fanvuesim.New(o)
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	key := transform.NewKey()
	dir := filepath.Join(t.TempDir(), "main")
	if o.World.Seed%4 != 1 { // the others begin with an empty directory
		copyEmpty(t, dir)
	}
	return &rig{sim: sim, server: srv, key: key, steps: &steps{}, noOrder: o.EarningsWithoutOrderID, account: pipeline.Account{
		Name: "main", Dir: dir, Key: &memoryKey{text: key.Reveal()},
		BaseURL: srv.URL, Surface: "v1", APIVersion: fanvuesim.DefaultVersion,
		Credential: extract.APIKey(func() string { return fanvuesim.DefaultKey }),
		Limit:      extract.Limit{Requests: 1_000_000, Per: time.Second},
		Settings:   load.Settings{Timezone: "Europe/London"},
		Cadence:    coreOnly(),
		Threads:    1, MemoryLimit: "512MB", ToolVersion: "test",
	}}
}

// copyEmpty puts the private files of an account of which nothing was read yet
// into its directory. Making them takes a third of a small first sync.
func copyEmpty(t testing.TB, dir string) {
	t.Helper()
	files, err := emptyFiles()
	if err == nil {
		err = os.MkdirAll(filepath.Join(dir, "state"), 0o700)
	}
	for name, content := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, "state", name), content, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// emptyFiles are the private files by name, with marts of nothing.
var emptyFiles = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "empty")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	wh, err := load.Open(context.Background(), load.Options{Dir: dir, Settings: load.Settings{Timezone: "Europe/London"}, Threads: 1, MemoryLimit: "512MB"})
	if err != nil {
		return nil, err
	}
	_, err = wh.Finish(context.Background())
	if err := errors.Join(err, wh.Close()); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, name := range []string{"warehouse.duckdb", "warehouse.json", "people.duckdb", "people.json"} {
		if files[name], err = os.ReadFile(filepath.Join(dir, "state", name)); err != nil {
			return nil, err
		}
	}
	return files, nil
})

// coreOnly turns off what is read about content, so that tests of money, people
// and chats are no longer than they need.
func coreOnly() map[string]string {
	cadence, content := map[string]string{}, false
	for _, st := range extract.Streams {
		content = content || st.Name == "fan_insights" // the first of them
		if content {
			cadence[st.Name] = "off"
		}
	}
	return cadence
}

// memoryKey is a pseudonym key that no file holds.
type memoryKey struct{ text string }

func (k *memoryKey) Read() ([]byte, error) {
	if k.text == "" {
		return nil, fs.ErrNotExist
	}
	return []byte(k.text), nil
}
func (k *memoryKey) Create(text string) error { k.text = text; return nil }
func (k *memoryKey) String() string           { return "memory" }

// steps keeps what a run said.
type steps struct {
	mu    sync.Mutex
	lines []string
}

func (s *steps) Step(text string, attrs ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, fmt.Sprint(append([]any{text}, attrs...)...))
}
func (s *steps) Trouble(text string, attrs ...any) { s.Step(text, attrs...) }
func (*steps) Pages(int64, string, string)         {}
func (*steps) Progress(string, int64, int64)       {}
func (*steps) Wait(string, time.Time)              {}

// sync runs and wants no error.
func (r *rig) sync(t testing.TB, o pipeline.SyncOptions) pipeline.Result {
	t.Helper()
	res, err := r.account.Sync(t.Context(), o, r.steps)
	if err != nil {
		t.Fatalf("sync: %v\nfailures %v\nchecks %v", err, res.Failures, res.Checks)
	}
	return res
}

// query returns the rows of the published warehouse, NULL as "-".
func (r *rig) query(t testing.TB, query string) []string {
	t.Helper()
	return queryOpen(t, r.open(t), query)
}

// open opens what is published, once for each publication.
func (r *rig) open(t testing.TB) *load.Published {
	t.Helper()
	info, err := os.Stat(r.account.Published())
	if err != nil {
		t.Fatal(err)
	}
	if r.opened != nil && os.SameFile(info, r.openedAs) && info.ModTime().Equal(r.openedAs.ModTime()) {
		return r.opened
	}
	if r.opened != nil {
		if err := r.opened.Close(); err != nil {
			t.Error(err)
		}
	} else {
		t.Cleanup(func() { _ = r.opened.Close() })
	}
	if r.opened, err = load.OpenPublished(context.Background(), r.account.Published(), query.Options{}); err != nil {
		t.Fatal(err)
	}
	r.openedAs = info
	return r.opened
}

func queryFile(t testing.TB, path, text string) []string {
	t.Helper()
	file, err := load.OpenPublished(context.Background(), path, query.Options{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer file.Close()
	return queryOpen(t, file, text)
}

func queryOpen(t testing.TB, file *load.Published, query string) []string {
	t.Helper()
	rows, err := file.Query(context.Background(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var out []string
	for {
		v, err := rows.Next()
		if err != nil {
			t.Fatal(err)
		}
		if v == nil {
			return out
		}
		var cells []string
		for _, c := range v {
			if c == nil {
				c = "-"
			}
			cells = append(cells, fmt.Sprint(c))
		}
		out = append(out, strings.Join(cells, " | "))
	}
}

func (r *rig) fan(t testing.TB, uuid string) string {
	if uuid == "" {
		return "-"
	}
	id, err := r.key.FanID(uuid)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func orNull[T comparable](v T) string {
	var zero T
	if v == zero {
		return "-"
	}
	return fmt.Sprint(v)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return fmt.Sprint(t.UnixMicro())
}

func pointer(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

func line(cells ...any) string {
	var text []string
	for _, c := range cells {
		text = append(text, fmt.Sprint(c))
	}
	return strings.Join(text, " | ")
}

// same compares two sets of rows and shows the first differences.
func same(t testing.TB, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if slices.Equal(got, want) {
		return
	}
	const most = 6
	var missing, extra []string
	inGot, inWant := counts(got), counts(want)
	for row, n := range inWant {
		if n > inGot[row] {
			missing = append(missing, row)
		}
	}
	for row, n := range inGot {
		if n > inWant[row] {
			extra = append(extra, row)
		}
	}
	slices.Sort(missing)
	slices.Sort(extra)
	t.Errorf("%s: %d rows, want %d; %d missing, %d that should not be there\n%s", what, len(got), len(want), len(missing), len(extra),
		cmp.Diff(missing[:min(most, len(missing))], extra[:min(most, len(extra))]))
}

func counts(rows []string) map[string]int {
	m := map[string]int{}
	for _, r := range rows {
		m[r]++
	}
	return m
}

// compare compares every table with the truth, column for column.
func (r *rig) compare(t testing.TB) {
	t.Helper()
	r.compareCreators(t)
	r.compareEarnings(t)
	r.comparePeopleLists(t)
	r.compareChats(t)
	r.compareMessages(t)
}

// single reports whether the key is a single creator's, who has no list.
func (r *rig) single() bool { return len(r.sim.World().Creators()) == 1 }

func (r *rig) listed() []fanvuesim.CreatorTruth {
	var listed []fanvuesim.CreatorTruth
	for _, c := range r.sim.World().Creators() {
		if !c.Dropped {
			listed = append(listed, c)
		}
	}
	return listed
}

func (r *rig) compareCreators(t testing.TB) {
	t.Helper()
	var want, accounts []string
	for _, c := range r.listed() {
		row := line(c.UUID, c.Handle, c.DisplayName, pointer(c.Nickname), orNull(c.Role), instant(c.RegisteredAt))
		if r.single() { // the own profile names no nickname, an agency's list no role for its owner
			row = line(c.UUID, c.Handle, c.DisplayName, "-", "owner", instant(c.RegisteredAt))
		}
		want = append(want, row)
		a := r.sim.World().Account(c.UUID)
		accounts = append(accounts, line(c.UUID, a.TotalGross, a.AvailableBalance, instant(a.LastPayoutAt), a.Followers, a.Subscribers))
	}
	same(t, "creators", r.query(t, `SELECT creator_id::VARCHAR, handle, display_name, nickname, role, epoch_us(registered_at) FROM fanvue.creators WHERE removed_at IS NULL`), want)
	same(t, "newest account_snapshots", r.query(t, `SELECT creator_id::VARCHAR, total_gross_cents, available_balance_cents, epoch_us(last_payout_at), followers, subscribers
		FROM fanvue.account_snapshots s WHERE (_run_seq, _page) = (SELECT max((_run_seq, _page)) FROM fanvue.account_snapshots o WHERE o.creator_id = s.creator_id)`), accounts)
}

// note notes the truth of a night that is published and not compared: that of a
// later one is compared with builds on it.
func (r *rig) note(t testing.TB) {
	t.Helper()
	r.noting = true
	r.wantEarnings(t)
	r.comparePeopleLists(t)
	r.noting = false
}

func (r *rig) compareEarnings(t testing.TB) {
	t.Helper()
	got, want := r.query(t, `SELECT creator_id::VARCHAR, epoch_us(earned_at), source, gross_cents, net_cents, total_cents, fan_currency,
		transaction_order_id, reversed_transaction_order_id, transaction_order_status, message_id::VARCHAR, post_id::VARCHAR, fan_id
		FROM fanvue.earnings WHERE removed_at IS NULL`), r.wantEarnings(t)
	has := counts(got)
	for i, row := range want {
		if was := r.settled[row]; has[row] == 0 && has[was] > 0 {
			want[i] = was
		}
	}
	same(t, "earnings", got, want)
	same(t, "repeated earning_id", r.query(t, `SELECT earning_id::VARCHAR FROM fanvue.earnings GROUP BY 1 HAVING count(*) > 1`), nil)
}

// wantEarnings expects an emptied fan where the lake saw the row before.
func (r *rig) wantEarnings(t testing.TB) (want []string) {
	t.Helper()
	if r.fans == nil {
		r.fans = map[string]string{}
	}
	for _, c := range r.listed() {
		for e := range r.sim.World().Earnings(c.UUID) {
			fan, row := e.FanID, line(c.UUID, e.Row)
			if fan == "" {
				fan = r.fans[row]
			}
			r.fans[row] = fan
			if e.Gone {
				continue
			}
			e, total, ok := r.served(c, e)
			if !ok {
				continue
			}
			as := func(status string) string {
				return line(c.UUID, instant(e.At), e.Source, e.Gross, e.Net, total, orNull(e.Currency), orNull(e.OrderID), orNull(e.Reversed),
					orNull(status), orNull(e.MessageID), orNull(e.PostID), r.fan(t, fan))
			}
			want = append(want, as(e.Status))
			if r.weekly {
				r.noteStatus(as(e.Status), as("pendingBalance"))
			}
		}
	}
	return want
}

// noteStatus notes since when a row of earnings is pending no more. Where pending
// ones fill more than two pages, each is read once a week.
func (r *rig) noteStatus(row, pending string) {
	if r.pending == nil {
		r.pending, r.settled = map[string]time.Time{}, map[string]string{}
	}
	now := r.sim.Now()
	switch last, was := r.pending[pending]; {
	case row == pending:
		r.pending[row] = now
	case was && now.Sub(last) <= 8*24*time.Hour:
		r.settled[row] = pending
	case was:
		delete(r.pending, pending)
		delete(r.settled, row)
	}
}

// A listTruth is a list of one creator as it was on some night.
type listTruth struct{ stream, creator string }

// comparePeopleLists compares lists with the truth of tonight or, where no
// count has moved since, of an earlier night: a list is read when a count
// moved, and at the latest after seven days.
func (r *rig) comparePeopleLists(t testing.TB) {
	t.Helper()
	var people map[string]int
	if !r.noting {
		people = counts(queryFile(t, filepath.Join(r.account.Dir, "people.duckdb"), `SELECT fan_id, fan_uuid::VARCHAR FROM people`))
	}
	if r.lists == nil {
		r.lists = map[listTruth][][]string{}
	}
	for _, c := range r.listed() {
		var subscribers, followers []string
		active := map[string]bool{}
		for _, s := range r.sim.World().Subscribers(c.UUID) {
			active[s.UUID] = true
			if r.older() { // bare fans, without dates
				s.Subscription, s.FirstSubscribedAt = false, time.Time{}
			}
			row := line(r.fan(t, s.UUID), "-", "-", "-", "-", "-", "-", instant(s.FirstSubscribedAt))
			if s.Subscription {
				row = line(r.fan(t, s.UUID), s.Status, s.Price, s.AmountPaid, instant(s.PeriodStart), instant(s.PeriodEnd), s.AutoRenewalEnabled, instant(s.FirstSubscribedAt))
			}
			subscribers = append(subscribers, row)
			r.known(t, people, s.UUID)
		}
		for _, f := range r.sim.World().Followers(c.UUID) {
			if r.older() && active[f.UUID] {
				continue
			}
			followers = append(followers, line(r.fan(t, f.UUID), instant(f.RegisteredAt)))
		}
		r.compareList(t, listTruth{"subscribers", c.UUID}, subscribers, `SELECT fan_id, subscription_status, price_cents, amount_paid_cents, epoch_us(current_period_start_at),
			epoch_us(current_period_end_at), has_auto_renew, epoch_us(first_subscribed_at) FROM fanvue.subscribers WHERE creator_id = '`+c.UUID+`'`)
		r.compareList(t, listTruth{"followers", c.UUID}, followers, `SELECT fan_id, epoch_us(registered_at) FROM fanvue.followers WHERE creator_id = '`+c.UUID+`'`)
	}
}

// known wants a subscriber, who has earnings too, among the people.
func (r *rig) known(t testing.TB, people map[string]int, uuid string) {
	t.Helper()
	if n := people[line(r.fan(t, uuid), uuid)]; n > 1 {
		t.Errorf("people has %d rows of %s", n, uuid)
	}
}

func (r *rig) compareList(t testing.TB, l listTruth, want []string, query string) {
	t.Helper()
	slices.Sort(want)
	if r.noting {
		r.lists[l] = append(r.lists[l], want)
		return
	}
	got := r.query(t, query)
	slices.Sort(got)
	for i, older := range r.lists[l] {
		if slices.Equal(got, older) {
			r.lists[l] = append(r.lists[l][i:], want)
			return
		}
	}
	same(t, l.stream+" of "+l.creator, got, want)
	r.lists[l] = [][]string{want} // read tonight: no older one counts any more
}

func (r *rig) compareChats(t testing.TB) {
	t.Helper()
	var want []string
	for _, c := range r.listed() {
		for _, h := range r.sim.World().Chats(c.UUID) {
			want = append(want, line(c.UUID, r.fan(t, h.FanID), instant(h.CreatedAt), instant(h.LastMessageAt), orNull(h.LastMessageID), h.IsRead, h.IsMuted, h.Unread))
		}
	}
	same(t, "chats", r.query(t, `SELECT creator_id::VARCHAR, fan_id, epoch_us(created_at), epoch_us(last_message_at), last_message_id::VARCHAR, is_read, is_muted,
		unread_messages_count FROM fanvue.chats`), want)
}

func (r *rig) compareMessages(t testing.TB) {
	t.Helper()
	var want []string
	for _, c := range r.listed() {
		for _, h := range r.sim.World().Chats(c.UUID) {
			for m := range r.sim.World().Messages(c.UUID, h.FanID) {
				if m.Gone {
					continue
				}
				direction, length := "fan", "-"
				if m.FromCreator {
					direction = "creator"
				}
				if m.Text != nil {
					length = fmt.Sprint(len([]rune(*m.Text)))
				}
				want = append(want, line(c.UUID, r.fan(t, h.FanID), m.UUID, instant(m.SentAt), direction, m.Type, orNull(m.SentBy), orNull(m.Price),
					instant(m.PurchasedAt), m.IsRead, m.Media, length, "-"))
			}
		}
	}
	same(t, "messages", r.query(t, `SELECT creator_id::VARCHAR, fan_id, message_id::VARCHAR, epoch_us(sent_at), direction, message_type, sent_by_user_id::VARCHAR,
		price_cents, epoch_us(purchased_at), is_read, media_count, text_length, text FROM fanvue.messages WHERE removed_at IS NULL`), want)
}
