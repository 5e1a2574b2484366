package report_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanlake/load/report"
)

// TestLibrary holds what the reports say of the world in testdata/world.sql
// against figures that were worked out by hand. Every report stands here.
func TestLibrary(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	all := library(t)
	for _, test := range []struct {
		name, params string
		want         []string
	}{
		{"account_balance", "", []string{"ava,2026-03-10T03:00:00Z,15000,2026-03-01T12:00:00Z,33500,40,3"}},
		{"closed_month_changes", "", []string{
			"ava,2026-01-01,disappeared,2026-01-10T10:00:00Z,2026-02-15T03:00:00Z,tip,-900,-720," + uuid("e14"),
			"ava,2026-01-01,late row,2026-01-20T10:00:00Z,2026-02-20T03:00:00Z,subscription,1000,800," + uuid("e2"),
		}},
		{"coverage_gaps", "", []string{
			"ava,2026-02-01T00:00:00Z,2026-02-03T00:00:00Z,2",
			"bea,2026-01-10T00:00:00Z,2026-01-15T00:00:00Z,5",
		}},
		{"coverage_gaps", "creator=BEA", []string{"bea,2026-01-10T00:00:00Z,2026-01-15T00:00:00Z,5"}},
		{"earnings_by_day", "creator=ava from=2026-02-09 to=2026-02-14", []string{
			"2026-02-09,0,0,0,0,0,0",
			"2026-02-10,0,-5000,-1000,0,-4000,0",
			"2026-02-11,0,0,0,500,500,0",
			"2026-02-12,20000,0,4000,0,16000,1",
			"2026-02-13,0,-1500,-300,0,-1200,0",
			"2026-02-14,1000,0,200,0,800,1",
		}},
		{"earnings_by_hour", "from=2026-01 to=2026-03", []string{
			"7,1,400,0.0114", "9,2,21000,0.5983", "10,5,7000,0.1994", "22,2,1700,0.0484", "23,1,5000,0.1425",
		}},
		{"earnings_by_month", "", []string{
			"ava,2026-01-01,7000,0,0,0,7000,1400,0,5600,0,3,2",
			"ava,2026-02-01,22000,-5000,-1500,0,15500,3100,500,12900,15600,3,3",
			"ava,2026-03-01,4000,0,0,0,4000,800,0,3200,3200,2,1",
			"bea,2026-01-01,1000,0,0,0,1000,150,0,850,0,1,1",
			"bea,2026-02-01,1100,0,0,0,1100,220,0,880,0,2,1",
		}},
		{"earnings_by_month", "from=2026-02 to=2026-02 creator=@bea", []string{"bea,2026-02-01,1100,0,0,0,1100,220,0,880,0,2,1"}},
		{"earnings_by_source", "creator=ava", []string{
			"tip,Tips,20000,0,4000,16000,1.2403,1,0",
			"renewal,Renewals,1000,0,200,800,0.062,1,0",
			"subscription,New subscriptions,1000,0,200,800,0.062,1,0",
			"referral,Referral rewards,500,0,0,500,0.0388,1,0",
			"unattributed,Reversals of unknown sales,0,-1500,-300,-1200,-0.093,0,1",
			"message,Paid messages,0,-5000,-1000,-4000,-0.3101,0,1",
		}},
		{"failed_checks", "", []string{
			`ava,summary_reconciles,data,1,"{""creator_id"":""11111111-1111-1111-1111-111111111111"",""period_date"":""2026-02-14"",""summary_gross_cents"":1500,""ledger_gross_cents"":1000}",2026-03-10T03:00:00Z`,
			`bea,summary_reconciles,data,1,"{""creator_id"":""22222222-2222-2222-2222-222222222222"",""period_date"":""2026-02-15"",""summary_gross_cents"":600,""ledger_gross_cents"":700}",2026-03-10T03:00:00Z`,
		}},
		{"fan_currencies", "", []string{"EUR,1,1,20000,0.6431", "GBP,3,1,7000,0.2251", "USD,5,4,4100,0.1318"}},
		{"freshness", "", []string{
			"bea,2026-03-09T02:45:00Z,24,0,2026-02-20T12:00:00Z,,summary_reconciles,",
			"ava,2026-03-10T02:45:00Z,0,1,2026-03-06T10:00:00Z,2026-03-10T03:00:00Z,summary_reconciles,",
		}},
		{"mass_messages", "", []string{"ava,2026-02-15T08:00:00Z,dddddddd-0000-0000-0000-000000000001,100,40,5,0.4,0.05,7500"}},
		{"mass_messages", "from=2026-02-16", nil},
		{"messages_by_hour", "", []string{"8,3,3,2,1", "21,0,1,0,1"}},
		{"pending_balance", "", []string{"ava,18800,5,3200,0,15600,0,2026-02-12T09:00:00Z"}},
		{"ppv_prices", "", []string{"1500,2,1,0.5,1500,750", "5000,1,1,1,5000,5000"}},
		{"ppv_prices", "min_sent=2", []string{"1500,2,1,0.5,1500,750"}},
		{"recent_runs", "", []string{
			"r2,2026-03-10T02:58:00Z,partial,3,schedule,12,120,0,7,1.5,40,2,1,1 slice failed",
			"r1,2026-03-09T02:58:00Z,ok,6,cli,3,100,0,0,0,20,0,0,checks found something in the data: see the report failed_checks",
		}},
		{"recent_runs", "limit=1", []string{"r2,2026-03-10T02:58:00Z,partial,3,schedule,12,120,0,7,1.5,40,2,1,1 slice failed"}},
		{"reconciliation", "from=2026-02-01", []string{
			"ava,2026-02-02,300,0,-300,not covered",
			"ava,2026-02-12,20000,20000,0,ok",
			"ava,2026-02-14,1500,1000,-500,missing rows",
			"ava,2026-03-09,0,0,0,ok",
			"bea,2026-02-15,600,700,100,api lag or scope",
		}},
		{"reconciliation", "only=differing", []string{
			"ava,2026-02-14,1500,1000,-500,missing rows",
			"bea,2026-02-15,600,700,100,api lag or scope",
		}},
		{"reversals", "", []string{
			"ava,2026-02-13T09:00:00Z,chargeback,-1500,-1200,unattributed,,,,o8,o-unknown",
			"ava,2026-02-10T09:00:00Z,refund,-5000,-4000,message,2026-01-31T23:30:00Z,9,f1,o5,o3",
		}},
		{"schema_drift", "", []string{"earnings,vat,number,3,r1,r1"}},
		{"status_changes", "creator=ava from=2026-02", []string{"ava,2026-02-01,1,7.7,7.7,3,15600", "ava,2026-03-01,0,,,2,3200"}},
		{"top_fans", "", []string{
			"ava,1,f3,16000,20000,1,0.9524,2026-02-12T09:00:00Z",
			"ava,2,f4,800,1000,1,0.0476,2026-02-14T09:00:00Z",
			"bea,1,f9,880,1100,2,1,2026-02-20T12:00:00Z",
		}},
		{"top_fans", "limit=1 creator=11111111-1111-1111-1111-111111111111", []string{"ava,1,f3,16000,20000,1,0.9524,2026-02-12T09:00:00Z"}},
		// f1 paid both creators; the chargeback e8 names no fan and ranks nowhere.
		{"top_fans", "across=agency", []string{
			"ava,1,f3,16000,20000,1,0.905,2026-02-12T09:00:00Z",
			"bea,2,f9,880,1100,2,0.0498,2026-02-20T12:00:00Z",
			"ava,3,f4,800,1000,1,0.0452,2026-02-14T09:00:00Z",
		}},
		{"top_fans", "across=agency from=2026-01 to=2026-03 limit=4", []string{
			"ava,1,f3,16000,20000,1,0.6631,2026-02-12T09:00:00Z",
			`"ava, bea",2,f1,5650,7000,6,0.2341,2026-03-06T10:00:00Z`,
			"bea,3,f9,880,1100,2,0.0365,2026-02-20T12:00:00Z",
			"ava,4,f2,800,1000,1,0.0332,2026-01-20T10:00:00Z",
		}},
		{"top_posts", "", []string{"bea,bbbbbbbb-0000-0000-0000-000000000001,2026-02-19T12:00:00Z,400,1,1,400,320,7"}},
		{"tracking_links", "", []string{"ava,spring,reddit,200,8,5,0.025,4000,20"}},
		{"chat_efficiency", "from=2026-02 to=2026-02", []string{"ava,2026-02-01,3,1,0.3333,3,2,0.6667,12000,0.0167,0,0"}},
		{"chatter_comparison", "", []string{"2026-02-01,Cara,3,2,-1,1,1,1,1,1500,1500,0,2,750"}},
		{"chatter_sales", "", []string{
			"2026-03-06T10:00:00Z,ava,Dan,message,3000,2400,message_sender,2026-03-06T09:50:00Z,f1," + uuid("e11"),
			"2026-02-12T09:00:00Z,ava,Cara,tip,20000,16000,converter_24h,2026-02-12T08:10:00Z,f3," + uuid("e7"),
		}},
		{"chatter_sales", "from=2026-01 to=2026-01", []string{
			"2026-02-01T03:00:00Z,bea,(nobody),tip,1000,850,converter_24h,,f1," + uuid("e12"),
			"2026-01-31T23:30:00Z,ava,Cara,message,5000,4000,message_sender,2026-01-31T23:00:00Z,f1," + uuid("e3"),
		}},
		{"chatters", "", []string{"Cara,2,0,1,1,0.5,1,0,1,16000,8000", "(creator),0,1,0,0,,,0,0,0,"}},
		{"chatters", "from=2026-01", []string{
			"Cara,3,0,2,2,0.6667,1,1,1,20000,6666.7", "(nobody),0,0,0,0,,,0,1,850,", "(creator),0,1,0,0,,,0,0,0,",
		}},
		{"commission", "", []string{
			"ava,2026-01-01,net,5600,0,5600,1680,0.3,0,5600,3920,false",
			"ava,2026-02-01,net,12400,0,12400,3720,0.3,0,12900,9180,false",
		}},
		{"concentration", "", []string{
			"ava,4,22400,0.7143,1,0.7143,0.7143,0.7143,0.5587,-1200",
			"bea,2,1730,0.5087,1,0.5087,0.5087,0.5087,0.5002,0",
		}},
		{"fan_segments", "", []string{
			"ava,at_risk,1,16000,0.7143,25", "ava,regular,2,5600,0.25,13", "ava,lost,1,800,0.0357,48", "bea,lost,2,1730,1,27",
		}},
		{"growth", "", []string{
			"ava,2026-01-01,5600,,,,,false", "ava,2026-02-01,12900,5600,1.3036,,,false", "ava,2026-03-01,3200,12900,,,,true",
			"bea,2026-01-01,850,,,,,false", "bea,2026-02-01,880,850,0.0353,,,false", "bea,2026-03-01,0,880,,,,true",
		}},
		{"league", "", []string{
			"1,ava,12900,0.9361,1.3036,22000,0,3,2,4133,7333,3543,1,1,3,1,600,0.9524,15600,false,2026-03-10T02:45:00Z",
			"2,bea,880,0.0639,0.0353,1100,0,1,1,880,550,,,,,,,1,0,false,2026-03-09T02:45:00Z",
		}},
		{"ltv_cohorts", "", []string{
			"ava,2026-01-01,2,0,2,5600,5600,2800,false", "ava,2026-01-01,2,1,1,-3200,2400,1200,false", "ava,2026-01-01,2,2,1,3200,5600,2800,true",
			"ava,2026-02-01,2,0,2,16800,16800,8400,false",
			"bea,2026-01-01,1,0,1,850,850,850,false", "bea,2026-02-01,1,0,1,880,880,880,false",
		}},
		{"month_to_date", "", []string{"ava,3200,800,3,11022,9,31", "bea,0,0,,0,9,31"}},
		{"month_to_date", "as_of=2026-02-12 creator=ava", []string{"ava,13300,800,15.625,31033,12,28"}},
		{"ppv_by_send_month", "", []string{
			"ava,2026-01-01,direct,1,1,1,1,1,1,5000", "ava,2026-02-01,direct,2,1,1,0.5,1,1,1500", "ava,2026-02-01,mass,1,1,0,1,0,0,0",
			"ava,2026-03-01,direct,1,1,1,1,1,,3000",
		}},
		{"response_times", "", []string{"ava,2026-02-01,2,1,1,600,600,0"}},
		{"reply_times_by_member", "", []string{"Cara,1,600,600,0"}},
		{"reversal_rates", "", []string{
			"ava,2026-01-01,7000,5000,0.7143,0.3333,37,false", "ava,2026-02-01,22000,0,0,0,9,false",
			"bea,2026-01-01,1000,0,0,0,36,false", "bea,2026-02-01,1100,0,0,0,8,false",
		}},
		{"tax_year", "start_month=4 start_day=6", []string{
			"ava,2025,27000,5300,21700,USD,270.00,53.00,217.00,0", "bea,2025,2100,370,1730,USD,21.00,3.70,17.30,0",
		}},
		{"whales_at_risk", "", nil},
		{"whales_at_risk", "segment=at_risk", []string{"ava,f3,2026-02-12,25,1,16000"}},
		// On the list f1, f2 from 21 January to 20 February, f4 from 15 February, the
		// trial f7 from 21 to 28 February, and f8 with twelve months for 90 dollars.
		{"arpu", "", []string{
			"ava,2026-01-01,2311,2.42,26,2800,2333", "ava,2026-02-01,3543,3.5,28,4133,7333",
			"bea,2026-01-01,,,,850,1000", "bea,2026-02-01,,,,880,550",
		}},
		{"audience_growth", "", []string{"ava,2026-01-31,,3,3,,,,", "ava,2026-02-28,,4,3,38,2,1,", "ava,2026-03-10,,3,3,40,3,-1,2"}},
		{"churn", "from=2026-01-31 to=2026-02-28", []string{"ava,3,1,1,3,0.3333,0.6667,0.25,0.25"}},
		{"mrr_movement", "", []string{"ava,2026-02-01,2750,1000,0,0,0,1000,2750,0.3636,0.3636,3,1,1,3,0.3333"}},
		{"renewals_off", "", []string{"ava,f4,2026-03-14T00:00:00Z,4,1000,1000,800"}},
		{"retention_cohorts", "", []string{
			"ava,2026-01-01,2,0,2,1,false", "ava,2026-01-01,2,1,1,0.5,false", "ava,2026-01-01,2,2,1,0.5,true",
			"ava,2026-02-01,1,0,1,1,false", "ava,2026-02-01,1,1,0,0,true",
		}},
		{"subscriber_value", "", []string{"ava,2,19,19,,,,"}},
		{"subscribers", "", []string{
			"ava,2026-01-31,3,3,0,2750,1750,0.6667,false", "ava,2026-02-28,4,3,1,2750,1750,0.6667,false", "ava,2026-03-10,3,3,0,2750,1750,0.6667,true",
		}},
		{"subscription_payments", "", []string{
			"ava,2026-01-01,2,0,0,2000,2000,0", "ava,2026-02-01,1,0,1,2000,1000,1000", "ava,2026-03-01,0,0,1,1000,0,1000",
		}},
		{"trials", "as_of=2026-02-25", []string{"ava,f7,2026-02-20T00:00:00Z,2026-02-27T00:00:00Z,false,2026-02-20T00:00:00Z,0"}},
		{"trials", "", nil},
		{"unanswered_chats", "", []string{"ava,f4,2026-02-15T08:00:00Z,1,547,800"}},
	} {
		seen[test.name] = true
		t.Run(test.name+" "+test.params, func(t *testing.T) {
			r, err := report.Find(all, test.name)
			if err != nil {
				t.Fatal(err)
			}
			out, err := ask(t, files(t).world, r, given(test.params))
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			if diff := cmp.Diff(test.want, append([]string(nil), lines[1:]...)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	for _, r := range all {
		if !seen[r.Name] {
			t.Errorf("%s is in no test", r.Name)
		}
	}
}

// What a header says of the columns is what comes out, also of a warehouse
// without data, in which every report is empty.
func TestColumnsAndEmptyWarehouse(t *testing.T) {
	t.Parallel()
	for _, r := range library(t) {
		var names []string
		for _, c := range r.Columns {
			names = append(names, c.Name)
			if c.Meaning == "" {
				t.Errorf("%s: %s has no meaning", r.Name, c.Name)
			}
		}
		out, err := ask(t, files(t).empty, r, nil)
		if want := strings.Join(names, ",") + "\n"; err != nil || out != want {
			t.Errorf("%s: got %q, %v, want %q", r.Name, out, err, want)
		}
		if r.Answers == "" || !strings.HasSuffix(r.Answers, "?") {
			t.Errorf("%s: answers %q, want a question", r.Name, r.Answers)
		}
	}
}

func TestSums(t *testing.T) {
	t.Parallel()
	for _, r := range library(t) {
		for _, c := range r.Columns {
			if strings.HasSuffix(c.Name, "_cents") && !strings.Contains(c.Meaning, "US cents") && !strings.Contains(c.Meaning, "Sum of") {
				t.Errorf("%s: %s does not say its unit", r.Name, c.Name)
			}
		}
	}
	if n := len(library(t)); n < 23 {
		t.Errorf("%d reports", n)
	}
}
