package load

import (
	"cmp"
	"context"
	"crypto/md5"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// settingsRows are the rows of cfg, as sql/fold/settings.sql reads them.
type settingsRows struct {
	Settings   []settingRow    `json:"settings"`
	Creators   []creatorRow    `json:"creators"`
	Commission []commissionRow `json:"commission"`
	Rates      []rateRow       `json:"fx_rates"`
}

type settingRow struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type creatorRow struct {
	Handle   string `json:"handle"`
	Label    string `json:"label"`
	Timezone string `json:"timezone"`
}

type commissionRow struct {
	Creator     string `json:"creator"`
	From        string `json:"valid_from"`
	Basis       string `json:"basis"`
	Rewards     bool   `json:"include_rewards"`
	Chargebacks bool   `json:"include_chargebacks"`
	Minimum     int64  `json:"minimum_cents"`
	Above       int64  `json:"tier_from_cents"`
	UpTo        *int64 `json:"tier_to_cents"`
	BPS         int    `json:"rate_bps"`
}

type rateRow struct {
	Month  string `json:"month"`
	Base   string `json:"base"`
	Quote  string `json:"quote"`
	Rate   string `json:"rate"`
	Source string `json:"source"`
}

func (o Settings) rows() settingsRows {
	r := settingsRows{Settings: []settingRow{{"timezone", cmp.Or(o.Timezone, "UTC")}}, Creators: []creatorRow{}, Commission: []commissionRow{}, Rates: []rateRow{}}
	if o.FX.Home != "" {
		r.Settings = append(r.Settings, settingRow{"fx_home", o.FX.Home}, settingRow{"fx_method", o.FX.Method})
	}
	for handle, c := range o.Creators {
		r.Creators = append(r.Creators, creatorRow{handle, c.Label, c.Timezone})
	}
	slices.SortFunc(r.Creators, func(a, b creatorRow) int { return strings.Compare(a.Handle, b.Handle) })
	for _, t := range o.Commission {
		var above int64
		for _, tier := range t.Tiers {
			row := commissionRow{t.Creator, t.From.Format(time.DateOnly), t.Basis, t.Rewards, t.Chargebacks, t.Minimum, above, nil, tier.BPS}
			if above = tier.UpToCents; above != 0 {
				row.UpTo = &tier.UpToCents
			}
			r.Commission = append(r.Commission, row)
		}
	}
	for _, x := range o.FX.Rates {
		r.Rates = append(r.Rates, rateRow{x.Month.Format(time.DateOnly), x.Base, x.Quote, x.Rate, x.Source})
	}
	return r
}

// writeSettings puts the settings into cfg, if they are not there.
func (w *Warehouse) writeSettings(ctx context.Context) error {
	text, err := json.Marshal(w.opts.Settings.rows())
	if err != nil {
		return err
	}
	s := w.main
	var have string
	if err := s.query(ctx, "settings_now", nil, func(rows *sql.Rows) error { return rows.Scan(&have) }); err != nil {
		return err
	}
	if hash := md5.Sum(text); have == hex.EncodeToString(hash[:]) {
		return nil
	}
	if err := s.set(ctx, "settings", string(text)); err != nil {
		return err
	}
	s.state.Changed = true
	if err := s.transact(ctx, func() error { return s.exec(ctx, "settings", nil) }); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return nil
}
