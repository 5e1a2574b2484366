package report_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanlake/load/report"
)

// members is an agency of one creator, whose fans Ann, Bob, the creator and
// nobody answered.
//
//	f1: 10 s by Ann, 20 s by Ann, 400 s by Bob
//	f2: 30 s by Ann, 100 s by the creator, and a turn without an answer
const members = `
INSERT INTO fanvue.creators BY NAME
SELECT '11111111-1111-1111-1111-111111111111'::UUID AS creator_id, 'ava' AS handle, TIMESTAMP '2026-01-01' AS registered_at;
INSERT INTO fanvue.team_members BY NAME
SELECT ('cccccccc-0000-0000-0000-00000000000' || n)::UUID AS user_id, name AS display_name FROM (VALUES (1, 'Ann'), (2, 'Bob')) v(n, name);
INSERT INTO fanvue.messages BY NAME
SELECT ('aaaaaaaa-0000-0000-0000-0000000000' || n)::UUID AS message_id, '11111111-1111-1111-1111-111111111111'::UUID AS creator_id, fan AS fan_id,
    CASE WHEN sender = 'fan' THEN 'fan' ELSE 'creator' END AS direction, 'SINGLE_RECIPIENT' AS message_type,
    CASE sender WHEN 'Ann' THEN 'cccccccc-0000-0000-0000-000000000001' WHEN 'Bob' THEN 'cccccccc-0000-0000-0000-000000000002' END::UUID AS sent_by_user_id,
    happened::TIMESTAMP AS sent_at, 20 AS text_length
FROM (VALUES
    (11, 'f1', 'fan', '2026-02-10 08:00:00'), (12, 'f1', 'Ann', '2026-02-10 08:00:10'),
    (13, 'f1', 'fan', '2026-02-10 09:00:00'), (14, 'f1', 'fan', '2026-02-10 09:00:05'), (15, 'f1', 'Ann', '2026-02-10 09:00:20'),
    (16, 'f1', 'fan', '2026-02-11 08:00:00'), (17, 'f1', 'Bob', '2026-02-11 08:06:40'),
    (18, 'f2', 'fan', '2026-02-12 08:00:00'), (19, 'f2', 'Ann', '2026-02-12 08:00:30'),
    (20, 'f2', 'fan', '2026-02-12 09:00:00'), (21, 'f2', 'creator', '2026-02-12 09:01:40'),
    (22, 'f2', 'fan', '2026-02-13 08:00:00')
) v(n, fan, sender, happened);
INSERT INTO fanvue.earnings BY NAME
SELECT md5(id)::UUID AS earning_id, '11111111-1111-1111-1111-111111111111'::UUID AS creator_id, happened::TIMESTAMP AS earned_at, 'tip' AS source,
    gross AS gross_cents, gross * 8 // 10 AS net_cents, gross AS total_cents, id AS transaction_order_id, 'availableForPayout' AS transaction_order_status, fan AS fan_id
FROM (VALUES ('t1', 'f2', '2026-02-12 10:00:00', 1000), ('t2', 'f2', '2026-02-20 10:00:00', 500)) v(id, fan, happened, gross);
`

// Who answers how fast, and whose sales are: the creator's own, nobody's, and
// the members', each in its row. Ann's 10, 20 and 30 seconds have the median 20
// and, 0.8 of the way from the second to the third, the 90th percentile 28. The
// tip t1 followed the creator's own message, t2 none of the 24 hours before it.
func TestMembers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := publish(dir, members, ended()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"reply_times_by_member": {"Ann,3,20,28,1", "(creator),1,100,100,1", "Bob,1,400,400,0"},
		"chatters":              {"(creator),1,0,0,0,0,,0,1,800,800", "(nobody),0,0,0,0,,,0,1,400,", "Ann,3,0,0,0,0,,0,0,0,0", "Bob,1,0,0,0,0,,0,0,0,0"},
		"chatter_sales": {
			"2026-02-20T10:00:00Z,ava,(nobody),tip,500,400,converter_24h,,f2," + uuid("t2"),
			"2026-02-12T10:00:00Z,ava,(creator),tip,1000,800,converter_24h,2026-02-12T09:01:40Z,f2," + uuid("t1"),
		},
	} {
		r, err := report.Find(library(t), name)
		if err != nil {
			t.Fatal(err)
		}
		out, err := ask(t, filepath.Join(dir, "warehouse.duckdb"), r, nil)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if diff := cmp.Diff(want, append([]string(nil), lines[1:]...)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
