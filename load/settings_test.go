package load

import "testing"

// What the configuration says reaches cfg and the marts, and only what changed
// is written again.
func TestSettings(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	f := l.footer("earnings", 1, 1)
	sale := earning(1, 1, at(0), 1000, "availableForPayout", 1, 1)
	sale["fan_id"] = "fan1"
	l.write(f, window("earnings", 1, "e", at(0), at(1), 1, 1, 1, sale))
	january := at(0).Truncate(24 * 60 * 60 * 1e9)
	l.opts.Settings = Settings{
		Creators:   map[string]CreatorSettings{uuidOf("creator", 1): {Timezone: "America/New_York", Label: "A"}},
		Commission: []CommissionTerms{{Creator: uuidOf("creator", 1), From: january, Basis: "net", Chargebacks: true, Tiers: []CommissionTier{{UpToCents: 500, BPS: 5000}, {BPS: 100}}}},
		FX:         FX{Home: "GBP", Method: "monthly average", Rates: []FXRate{{Month: january, Base: "USD", Quote: "GBP", Rate: "0.12345678", Source: "a 'bank'"}}},
	}
	l.write(l.footer("creators", 1, 2), testSlice{Slice: window("creators", 1, "c", at(0), at(0), 1, 1, 1).Slice,
		rows: []map[string]any{{"creator_id": uuidOf("creator", 1), "handle": "Ava", "_run_id": "run0001", "_fetched_at": at(0), "_run_seq": 1, "_page": 1, "_hash": 1}}})
	night := func() *Warehouse {
		w := l.open()
		l.apply(w)
		if _, err := w.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := night()
	expect(t, w, "SELECT key, value FROM cfg.settings ORDER BY 1", "fx_home GBP", "fx_method monthly average", "timezone UTC")
	expect(t, w, "SELECT label, reporting_timezone FROM mart.dim_creators", "A America/New_York")
	expect(t, w, "SELECT tier_from_cents, tier_to_cents, rate_bps, basis, include_rewards FROM cfg.commission_terms ORDER BY 1", "0 500 5000 net false", "500 - 100 net false")
	// Midnight UTC of New Year is December in New York, where no terms hold and no rate is.
	expect(t, w, "SELECT (SELECT count(*) FROM mart.rpt_commission_month), rows_without_rate, tax_year_start FROM mart.tax_year(1, 1, 'GBP')", "0 1 2025")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = l.open()
	if w.main.state.Dirty {
		t.Error("settings that are there were written again")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l.opts.Settings.Creators = nil
	w = night()
	expect(t, w, "SELECT base_cents, commission_cents FROM mart.rpt_commission_month", "800 253") // 250 + 300 * 1 %
	expect(t, w, "SELECT net_converted::VARCHAR, rows_without_rate FROM mart.tax_year(1, 1, 'GBP')", "0.99 0")
	expect(t, w, "SELECT rate::VARCHAR, source FROM cfg.fx_rates", "0.12345678 a 'bank'")
}
