package statement

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"fanlake/load/statement/document"
	"fanlake/load/statement/record"
)

// Whatever comes, goes and changes between freezing and restating months, and
// in whatever time zones: what the current versions of all final statements say
// and what is still to be told of their months is what the warehouse has of
// their periods, no instant is in two of them, and no kept file changes.
func TestStatementsAndTheWarehouseAlwaysAddUp(t *testing.T) {
	t.Parallel()
	seeds := uint64(1)
	if os.Getenv("FANLAKE_LONG") == "1" {
		seeds = 200
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			statementsAddUp(t, rand.New(rand.NewPCG(seed, 5)))
		})
	}
}

func statementsAddUp(t *testing.T, dice *rand.Rand) {
	t.Helper()
	w := newWarehouse(t, world+until("r1", "2026-09-20 06:00")+"UPDATE meta.coverage SET window_start = TIMESTAMP '2025-01-01';")
	o := options(t, w)
	months := []string{"2026-01", "2026-02", "2026-03", "2026-04", "2026-05"}
	zones := []string{"Europe/London", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Kathmandu"}
	rows, kept := 0, map[string]string{}
	var log []string
	note := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
	for range 14 {
		var script strings.Builder
		for range 1 + dice.IntN(3) {
			switch dice.IntN(6) {
			case 0, 1:
				rows++
				at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(dice.IntN(31*5)) * 24 * time.Hour)
				if dice.IntN(2) == 0 { // around the border of months
					at = time.Date(2026, time.Month(2+dice.IntN(4)), 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(dice.IntN(40)-20) * time.Hour)
				}
				gross := dice.Int64N(4000) - 1500
				script.WriteString(row(fmt.Sprint("n", rows), at.Format("2006-01-02 15:04"), []string{"tip", "refund", "message"}[dice.IntN(3)], gross, gross*8/10, dice.IntN(4) == 0))
				note("row n%d %s %d", rows, at, gross)
			case 2:
				fmt.Fprintf(&script, "UPDATE fanvue.earnings SET removed_at = CASE WHEN removed_at IS NULL THEN TIMESTAMP '2026-08-01' END WHERE earning_id = CAST(md5('n%d') AS UUID);", 1+dice.IntN(rows+1))
			case 3:
				fmt.Fprintf(&script, "UPDATE fanvue.earnings SET net_cents = net_cents + %d, gross_cents = gross_cents + 3 WHERE earning_id = CAST(md5('n%d') AS UUID);", dice.IntN(9)-4, 1+dice.IntN(rows+1))
			case 4:
				zone := zones[dice.IntN(len(zones))]
				fmt.Fprintf(&script, "UPDATE cfg.creators SET reporting_timezone = '%s' WHERE handle = 'ava';", zone)
				note("zone %s", zone)
			case 5:
				fmt.Fprintf(&script, "UPDATE fanvue.earnings SET transaction_order_status = 'availableForPayout';")
			}
		}
		w.change(script.String() + "SELECT 1")
		month := months[dice.IntN(len(months))]
		s, err := Earnings(t.Context(), o, Params{Creator: ava, Month: firstOf(month), Restate: dice.IntN(2) == 0})
		switch {
		case errors.Is(err, ErrRestate):
		case err != nil:
			t.Fatal(err)
		case s.Document.State == document.Final:
			keep(t, o, s)
			note("froze %s v%d", month, s.Document.Version)
		}
		now := hashes(t, o.Account)
		for path, hash := range kept {
			if strings.Contains(path, "statements/") && now[path] != hash {
				t.Errorf("%s changed", path)
			}
		}
		for path, hash := range now {
			kept[path] = hash
		}
		balances(t, w, o)
		if t.Failed() {
			t.Fatal(strings.Join(log, "\n"))
		}
	}
}

// balances compares the statements that are kept with the warehouse.
func balances(t *testing.T, w *warehouse, o Options) {
	t.Helper()
	w.viewed(o)
	w.open()
	defer w.db.Close()
	var told, pending, have, outside, twice int64
	if err := w.db.QueryRowContext(t.Context(), `SELECT
		(SELECT coalesce(sum(net_cents), 0)::BIGINT FROM mart.fct_statement_lines WHERE is_current),
		(SELECT coalesce(sum(net_delta_cents), 0)::BIGINT FROM mart.rpt_prior_period_adjustments),
		(SELECT coalesce(sum(net_cents), 0)::BIGINT FROM mart.fct_earnings f WHERE creator_id = '`+ava+`' AND EXISTS (FROM meta.statements s WHERE s.is_current AND f.earned_at >= s.window_start AND f.earned_at < s.window_end)),
		(SELECT count(*) FROM meta.statements s JOIN meta.statements n ON n.is_current AND s.is_current AND n.period_month = s.period_month + INTERVAL 1 MONTH AND n.window_start <> s.window_end),
		(SELECT count(*) FROM meta.statements s JOIN meta.statements n ON n.is_current AND s.is_current AND n.period_month > s.period_month AND n.window_start < s.window_end)`).Scan(&told, &pending, &have, &outside, &twice); err != nil {
		t.Fatal(err)
	}
	if told+pending != have || outside+twice > 0 {
		t.Errorf("statements %d and %d to be told, the warehouse has %d; %d gaps, %d overlaps", told, pending, have, outside, twice)
	}
	// What the next statement would tell is what the view says of months before it.
	s, err := Earnings(t.Context(), Options{Warehouse: w.path, Account: o.Account, Owner: o.Owner, ToolVersion: o.ToolVersion}, Params{Creator: ava, Month: firstOf("2026-06")})
	if err != nil {
		t.Fatal(err)
	}
	var next int64
	for _, l := range s.Lines {
		if l.LineType == record.Adjustment {
			next += l.Net
		}
	}
	if next != pending {
		t.Errorf("June tells %d, the view %d", next, pending)
	}
}
