package configs

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

func (d *decoder) account(n ast.Node, path string) Account {
	a := Account{Timezone: time.UTC, Creators: map[string]Creator{}, RotateAfter: &Period{Days: 180}}
	hasKey := false
	d.object(n, path, map[string]setter{
		"name": d.text(&a.Name, "a name of lower case letters, digits, _ and -", accountName.MatchString),
		"api_key": func(n ast.Node, path string) {
			hasKey = true
			d.reference(&a.APIKey)(n, path)
		},
		"oauth":      func(n ast.Node, path string) { a.OAuth = d.oauth(n, path) },
		"secret_key": d.reference(&a.SecretKey),
		"timezone":   d.zone(&a.Timezone),
		"creators":   func(n ast.Node, path string) { d.creators(n, path, a.Creators) },
		"rotate_after": func(n ast.Node, path string) {
			if text, _ := scalar(n); text == "off" {
				a.RotateAfter = nil
				return
			}
			d.period(func(p Period) { a.RotateAfter = &p })(n, path)
		},
		"commission":  func(n ast.Node, path string) { a.Commission = d.commissions(n, path) },
		"adjustments": func(n ast.Node, path string) { a.Adjustments = d.adjustments(n, path) },
	}, "name")
	switch {
	case hasKey && a.OAuth != nil:
		d.bad(n, path+".oauth", "stands beside api_key", "keep the one of them that the account uses")
	case !hasKey && a.OAuth == nil:
		d.bad(n, path+".api_key", "missing", "say where the key is kept: "+Forms)
	}
	if a.SecretKey.IsZero() && a.Name != "" {
		dir := userDir(d.getenv)
		if dir == "" {
			d.bad(n, path+".secret_key", "missing, and there is no home directory for its default", "set secret_key: file:PATH or HOME")
		}
		file := filepath.Join(dir, a.Name+".key")
		a.SecretKey = Reference{kind: "file", name: file, text: "file:" + file}
	}
	return a
}

func (d *decoder) oauth(n ast.Node, path string) *OAuth {
	o := &OAuth{}
	d.object(n, path, map[string]setter{
		"client_id":     d.text(&o.ClientID, "an id", nonempty),
		"client_secret": d.reference(&o.ClientSecret),
		"token_file":    d.path(&o.TokenFile),
		"token_url": d.value("a URL", func(text string) (string, string) {
			clean, problem := baseURL(text)
			if problem != "" {
				return problem, "write https://HOST/PATH, or leave it out"
			}
			o.TokenURL = clean
			return "", ""
		}),
	}, "client_id", "client_secret", "token_file")
	return o
}

func (d *decoder) creators(n ast.Node, path string, creators map[string]Creator) {
	d.pairs(n, path, func(key ast.Node, name string, value ast.Node) {
		path := join(path, name)
		if !handle.MatchString(name) {
			d.bad(key, path, quote(name)+" is no handle", "write the handle without @, or the creator's uuid")
		}
		if _, ok := creators[strings.ToLower(name)]; ok {
			d.bad(key, path, "creator stands twice", "upper and lower case make no difference")
		}
		var c Creator
		d.object(value, path, map[string]setter{
			"timezone":   d.zone(&c.Timezone),
			"label":      d.text(&c.Label, "a label of 1 to 64 characters", func(s string) bool { return s != "" && len(s) <= 64 }),
			"skip":       d.bool(&c.Skip),
			"legal_name": d.text(&c.LegalName, "a name of 1 to 200 characters", func(s string) bool { return s != "" && len(s) <= 200 }),
			"address":    d.text(&c.Address, "an address of 1 to 1000 characters", func(s string) bool { return s != "" && len(s) <= 1000 }),
		})
		creators[strings.ToLower(name)] = c
	})
}

func (d *decoder) commissions(n ast.Node, path string) []Commission {
	var all []Commission
	seen := map[string]bool{}
	d.list(n, path, func(n ast.Node, path string) {
		c := Commission{Basis: "net", Chargebacks: true}
		d.object(n, path, map[string]setter{
			"creator":       d.text(&c.Creator, "a handle without @, or a uuid", handle.MatchString),
			"from":          d.date(&c.From),
			"basis":         d.oneOf(&c.Basis, "net", "gross"),
			"rewards":       d.bool(&c.Rewards),
			"chargebacks":   d.bool(&c.Chargebacks),
			"minimum_cents": d.number(&c.Minimum, 0, 1e15),
			"contract":      d.text(&c.Contract, "a name of 1 to 64 characters", func(s string) bool { return s != "" && len(s) <= 64 }),
			"tiers":         func(n ast.Node, path string) { c.Tiers = d.tiers(n, path) },
		}, "creator", "from", "tiers")
		c.Creator = strings.ToLower(c.Creator)
		if !c.From.IsZero() {
			d.unique(n, path, c.Creator+" from "+c.From.Format(time.DateOnly), seen, "keep one of them")
		}
		all = append(all, c)
	})
	return all
}

func (d *decoder) adjustments(n ast.Node, path string) []Adjustment {
	var all []Adjustment
	d.list(n, path, func(n ast.Node, path string) {
		var a Adjustment
		d.object(n, path, map[string]setter{
			"creator": d.text(&a.Creator, "a handle without @, or a uuid", handle.MatchString),
			"date":    d.date(&a.Date),
			"kind":    d.oneOf(&a.Kind, "bonus", "advance", "deduction"),
			"cents":   d.number(&a.Cents, 1, 1e13),
			"text":    d.text(&a.Text, "a text of 1 to 200 characters", func(s string) bool { return s != "" && len(s) <= 200 }),
		}, "creator", "date", "kind", "cents")
		a.Creator = strings.ToLower(a.Creator)
		all = append(all, a)
	})
	return all
}

func (d *decoder) tiers(n ast.Node, path string) []Tier {
	var tiers []Tier
	d.list(n, path, func(n ast.Node, path string) {
		var t Tier
		d.object(n, path, map[string]setter{
			"up_to_cents": d.number(&t.UpToCents, 1, 1e15),
			"bps":         d.int(&t.BPS, 0, 10000),
		}, "bps")
		if len(tiers) > 0 {
			switch last := tiers[len(tiers)-1].UpToCents; {
			case last == 0:
				d.bad(n, path, "a tier behind the open one", "only the last tier has no up_to_cents")
			case t.UpToCents != 0 && t.UpToCents <= last:
				d.bad(n, path, "up_to_cents is not above the tier before", "order the tiers by amount")
			}
		}
		tiers = append(tiers, t)
	})
	if len(tiers) == 0 || tiers[len(tiers)-1].UpToCents != 0 {
		d.bad(n, path, "no open tier at the end", "leave up_to_cents out of the last tier")
	}
	return tiers
}
