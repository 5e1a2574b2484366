package pipeline_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract"
	"fanlake/extract/fanvuesim"
	"fanlake/load/runs"
)

// What others ask with the same key shows in the record of a run, in the usage
// by day and, where it is much, in status; without others nothing shows.
func TestOthersOnTheKeyShow(t *testing.T) {
	t.Parallel()
	for _, foreign := range []bool{false, true} {
		w := small(61)
		w.Agency, w.EarningsPerCreator, w.ChatsPerCreator, w.MessagesPerChat = false, 30, 40, 3
		r := newRig(t, fanvuesim.Options{World: w, Gate: fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: 100_000, Per: time.Hour}}})
		r.account.Limit = extract.Limit{Requests: 100_000, Per: time.Hour}
		r.account.Workers = 1
		report := &rival{steps: r.steps}
		if foreign {
			report.ask = func() {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.account.BaseURL+"/v1/users/me", nil)
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("X-Fanvue-API-Key", fanvuesim.DefaultKey)
				req.Header.Set("X-Fanvue-API-Version", fanvuesim.DefaultVersion)
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				_ = resp.Body.Close()
			}
		}
		res, err := r.account.Sync(t.Context(), pipeline.SyncOptions{}, report)
		if err != nil {
			t.Fatal(err)
		}
		want := int64(0)
		if foreign {
			want = int64(report.asked)
		}
		if res.Foreign > want || res.Foreign < want*8/10 || foreign && want < 30 {
			t.Errorf("foreign %v: the record has %d requests of others, there were %d", foreign, res.Foreign, want)
		}
		usage, err := r.account.KeyUsage(30, time.Now())
		if err != nil || len(usage) != 1 || usage[0].Foreign != res.Foreign || usage[0].Requests != res.Requests || usage[0].Keys != 1 || usage[0].Bytes == 0 {
			t.Errorf("usage %+v, %v", usage, err)
		}
		s, err := r.account.Status(t.Context())
		if said := strings.Contains(strings.Join(s.Attention, "\n"), "others used the API key for at least "); err != nil || said != foreign {
			t.Errorf("foreign %v: status %v, %v", foreign, s.Attention, err)
		}
		if got := r.query(t, "SELECT foreign_requests FROM meta.runs"); got[0] != fmt.Sprint(res.Foreign) {
			t.Errorf("meta.runs has %v", got)
		}
	}
}

// A rival asks something with the key of a run now and then.
type rival struct {
	*steps
	ask   func()
	asked int
}

func (v *rival) Pages(int64, string, string) {
	if v.ask != nil {
		v.ask()
		v.asked++
	}
}

// What a run asked adds up by stream and by answer, its phases take no longer
// than it does, its key keeps its name and age over runs whose records are gone,
// and another key has another name.
func TestRecordOfARun(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(62)})
	r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.StatusFault, Path: "/chats", Count: 1})
	first := r.sync(t, pipeline.SyncOptions{})
	var requests, answers, failed, slices int64
	for _, st := range first.Streams {
		requests, slices = requests+st.Requests, slices+st.Slices
		for status, n := range st.Statuses {
			if answers += n; status == 500 {
				failed += n
			}
		}
	}
	if requests != first.Requests || answers != first.Requests || failed != 1 || slices < 10 || first.Streams["me"].Requests != 1 {
		t.Errorf("%d requests by stream, %d answers with %d failures, %d slices, of %d requests: %+v", requests, answers, failed, slices, first.Requests, first.Streams)
	}
	if int64(r.sim.Gate().Ledger().Total()) != first.Requests || first.Bytes < 10_000 {
		t.Errorf("%d requests, %d bytes; the server saw %d", first.Requests, first.Bytes, r.sim.Gate().Ledger().Total())
	}
	var phases int64
	for _, ms := range first.TookMS {
		phases += ms
	}
	if took := first.FinishedAt.Sub(first.StartedAt); len(first.TookMS) < 6 || phases > took.Milliseconds()+60_000 {
		t.Errorf("phases %v of a run of %v", first.TookMS, took)
	}
	key := first.KeyID
	if len(key) != 16 || strings.Contains(fanvuesim.DefaultKey, key) || !first.KeySince.Equal(first.StartedAt) {
		t.Errorf("key %q since %v", key, first.KeySince)
	}
	r.account.KeepRuns = time.Now().Add(time.Hour) // only what is still asked of stays
	for range 2 {
		r.sim.Night()
		if res := r.sync(t, pipeline.SyncOptions{}); res.KeyID != key || !res.KeySince.Equal(first.KeySince) {
			t.Errorf("key %q since %v, want %q since %v", res.KeyID, res.KeySince, key, first.KeySince)
		}
	}
	records, err := runs.Read(r.account.Dir)
	if err != nil || len(records) != 2 || records[1].Seq != 3 || runs.PrunedTo(r.account.Dir) == "" {
		t.Errorf("%d records left, %v", len(records), err)
	}
	r.sim.Gate().AddKey(fanvuesim.Key{Value: "sim_another_key_of_the_owner", Identity: fanvuesim.DefaultKey})
	r.account.Credential = extract.APIKey(func() string { return "sim_another_key_of_the_owner" })
	if res := r.sync(t, pipeline.SyncOptions{}); res.KeyID == key || !res.KeySince.Equal(res.StartedAt) {
		t.Errorf("another key is %q since %v", res.KeyID, res.KeySince)
	}
	r.account.RotateBefore = time.Now().Add(time.Hour)
	if s, err := r.account.Status(t.Context()); err != nil || !strings.Contains(strings.Join(s.Attention, "\n"), "the API key is in use since") {
		t.Errorf("status %v, %v", s.Attention, err)
	}
}
