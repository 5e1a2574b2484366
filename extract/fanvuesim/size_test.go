package fanvuesim

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func million() *Sim {
	return New(Options{World: WorldOptions{Seed: 20, Agency: true, Creators: 20, FansPerCreator: 500, ChatsPerCreator: 250, MessagesPerChat: 200, EarningsPerCreator: 50_000}})
}

func TestAMillionMessagesStartAtOnce(t *testing.T) {
	start := time.Now()
	s := million()
	if d := time.Since(start); d > 2*time.Second { // a hundredth of it on a quiet machine
		t.Errorf("the world took %v", d)
	}
	n := 0
	for _, c := range s.World().Creators() {
		for _, chat := range s.World().Chats(c.UUID) {
			n += chat.Messages
		}
	}
	if n < 900_000 {
		t.Errorf("the world has %d messages", n)
	}
}

func TestTenMillionEarningsNeedNoMemory(t *testing.T) {
	s := New(Options{World: WorldOptions{Seed: 21, EarningsPerCreator: 10_000_000, Months: 24}})
	path := "/v1/insights/earnings?size=50&endDate=2026-01-01T00:00:00Z"
	if n := testing.AllocsPerRun(20, func() { get(t, s, path) }); n > 1000 {
		t.Errorf("a page takes %v allocations", n)
	}
	if n := s.World().EarningRows(s.World().Owner()); n != 10_000_000 {
		t.Errorf("the world has %d rows", n)
	}
}

func BenchmarkMessages(b *testing.B) {
	s := million()
	c := s.World().Creators()[7]
	chat := s.World().Chats(c.UUID)[100]
	benchmarkPage(b, s, "/v1/creators/"+c.UUID+"/chats/"+chat.FanID+"/messages?limit=50&markAsRead=false")
}

func BenchmarkEarnings(b *testing.B) {
	s := million()
	benchmarkPage(b, s, "/v1/creators/"+s.World().Creators()[7].UUID+"/insights/earnings?size=50&endDate=2026-06-01T00:00:00Z")
}

func BenchmarkChats(b *testing.B) {
	s := million()
	benchmarkPage(b, s, "/v1/creators/"+s.World().Creators()[7].UUID+"/chats?size=50")
}

func BenchmarkNight(b *testing.B) {
	s := million()
	for b.Loop() {
		s.Night()
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		million()
	}
}

func benchmarkPage(b *testing.B, s *Sim, path string) {
	b.Helper()
	h := s.api()
	req := httptest.NewRequest("GET", path, nil)
	b.ReportAllocs()
	for b.Loop() {
		rw := &discard{header: http.Header{}}
		h.ServeHTTP(rw, req)
		if rw.status != http.StatusOK {
			b.Fatal(rw.status)
		}
	}
}

type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
