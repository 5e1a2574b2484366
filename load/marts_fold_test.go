package load

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanlake/load/runs"
	"fanlake/transform/tables"
)

// message is a row of messages of creator 1, sent n minutes after the start of
// 2026 and seen on a page.
func message(fan, id, n int, direction string, price any, purchased any, seq, page int64) map[string]any {
	return map[string]any{
		"creator_id": uuidOf("creator", 1), "fan_id": fmt.Sprint("fan", fan), "message_id": uuidOf("message", id), "sent_at": at(n), "direction": direction,
		"message_type": "SINGLE_RECIPIENT", "sent_by_user_id": uuidOf("member", 1), "price_cents": price, "purchased_at": purchased,
		"_run_id": fmt.Sprintf("run%04d", seq), "_fetched_at": time.Date(2026, 2, int(seq), 0, 0, int(page), 0, time.UTC),
		"_run_seq": seq, "_page": page, "_hash": int64(id)*1000 + int64(len(fmt.Sprint(price, purchased))),
	}
}

// chat is a complete slice of the messages of a chat.
func chat(fan int, from, to int, seq, page int64, rows ...map[string]any) testSlice {
	s := window("messages", 1, fmt.Sprintf("%d/%d", seq, page), at(from), at(to), seq, page, page, rows...)
	s.FanID = fmt.Sprint("fan", fan)
	return s
}

// What the fold changes of messages reaches the marts without a whole build:
// new messages and chats, what was bought, unsent and seen again.
func TestMartsFollowTheMessages(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	creator := testSlice{tables.Slice{ID: "c", Stream: "creators", Complete: true, WalkStart: at(0), WalkEnd: at(0), FirstSeq: 1, FirstPage: 1, LastSeq: 1, LastPage: 1},
		[]map[string]any{{"creator_id": uuidOf("creator", 1), "handle": "ava", "_run_id": "run0001", "_fetched_at": at(0), "_run_seq": 1, "_page": 1, "_hash": 1}}}
	const month = 31 * 24 * 60
	nights := [][]testSlice{
		{chat(1, 0, 2*month, 1, 3, message(1, 1, 10, "fan", nil, nil, 1, 3), message(1, 2, 20, "creator", 500, nil, 1, 3), message(1, 3, month+5, "fan", nil, nil, 1, 3))},
		{ // bought, answered, and another chat
			chat(1, 0, 2*month, 2, 3, message(1, 1, 10, "fan", nil, nil, 2, 3), message(1, 2, 20, "creator", 500, at(month), 2, 3), message(1, 3, month+5, "fan", nil, nil, 2, 3), message(1, 4, month+9, "creator", nil, nil, 2, 3)),
			chat(2, 0, 2*month, 2, 4, message(2, 5, 7, "fan", nil, nil, 2, 4)),
		},
		{chat(1, 0, 2*month, 3, 3, message(1, 1, 10, "fan", nil, nil, 3, 3), message(1, 2, 20, "creator", 500, at(month), 3, 3), message(1, 3, month+5, "fan", nil, nil, 3, 3))}, // unsent
		{chat(1, 0, 2*month, 4, 3, message(1, 1, 10, "fan", nil, nil, 4, 3), message(1, 2, 20, "creator", 500, at(month), 4, 3), message(1, 3, month+5, "fan", nil, nil, 4, 3), message(1, 4, month+9, "creator", nil, nil, 4, 3))},
	}
	w := l.open()
	wantTurns := []string{"fan1 600 | fan1 -", "fan1 600 | fan1 240 | fan2 -", "fan1 600 | fan1 - | fan2 -", "fan1 600 | fan1 240 | fan2 -"}
	wantPaid := []string{"1 0 1 0", "1 1 1 1", "1 1 1 1", "1 1 1 1"}
	for i, night := range nights {
		seq := int64(i + 1)
		if i == 0 {
			l.write(l.footer("creators", seq, 1), creator)
		}
		l.write(l.footer("messages", seq, 2), night...)
		sale := earning(1, 100+i, at(month+60+i), 400, "availableForPayout", seq, 9)
		sale["message_id"], sale["fan_id"] = uuidOf("message", 2), "fan1"
		l.write(l.footer("earnings", seq, 3), window("earnings", 1, fmt.Sprint("e", seq), at(month+60+i), at(month+61+i), seq, 9, 9, sale))
		if err := runs.Write(l.dir, runs.Run{RunID: fmt.Sprintf("run%04d", seq), Seq: seq, Status: runs.OK, StartedAt: at(0), FinishedAt: at(1), ServerTime: at(2*month + i)}); err != nil {
			t.Fatal(err)
		}
		l.apply(w)
		if _, err := w.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		expect(t, w, `SELECT string_agg(fan_id || ' ' || coalesce(response_seconds::VARCHAR, '-'), ' | ' ORDER BY fan_id, fan_turn_at) FROM mart.fct_chat_replies`, wantTurns[i])
		expect(t, w, `SELECT messages_sent, ppvs_unlocked, mature_ppvs_sent, mature_ppvs_unlocked FROM mart.agg_ppv_month WHERE sent_month = DATE '2026-01-01'`, wantPaid[i])
		expect(t, w, `SELECT count(*), count(sent_by_user_id) FROM mart.fct_chatter_sales`, fmt.Sprintf("%d %d", i+1, i+1))
	}
	got := martRows(t, w)
	if err := w.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(martRows(t, w), got); diff != "" {
		t.Errorf("(-rebuilt +refreshed)\n%s", diff)
	}
}

// martRows is everything that the marts hold and show.
func martRows(t *testing.T, w *Warehouse) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, name := range rowTexts(t, w.DB(), "SELECT table_name FROM information_schema.tables WHERE table_schema = 'mart'") {
		all[name] = rowTexts(t, w.DB(), "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM mart."+name)
		slices.Sort(all[name])
	}
	return all
}
