package configs

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/robfig/cron/v3"
)

// Streams lists the streams whose cadence may be set, in the order in which a
// run reads them. The list of creators is read by every run.
var Streams = []string{
	"account", "earnings", "reversals", "earnings_summary_days", "subscriber_counts", "subscribers", "followers",
	"top_spenders", "chats", "messages", "fan_insights", "mass_messages", "posts", "post_comments", "post_likes", "post_tips",
	"tracking_links", "tracking_link_users", "smart_lists", "smart_list_members", "custom_lists", "custom_list_members",
	"templates", "media", "vault_folders", "vault_folder_media", "notifications", "unread_counts",
	"agency_chats", "team_members", "chatter_leaderboard", "agency_earnings_days", "agency_subscribers", "agency_subscriber_counts",
}

// Jobs lists what a schedule may run.
var Jobs = []string{"sync", "statements", "digest", "compact", "verify"}

// retentionClasses lists what retention may name.
var retentionClasses = []string{"message_text", "messages", "chats", "subscribers", "followers", "runs"}

var (
	accountName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
	handle      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	jobName     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$`)
	size        = regexp.MustCompile(`^[1-9][0-9]*(\.[0-9]+)? ?(KB|MB|GB|TB|KiB|MiB|GiB|TiB)$`)
	period      = regexp.MustCompile(`^([1-9][0-9]{0,3})(d|w|mo|y)$`)
	currency    = regexp.MustCompile(`^[A-Z]{3}$`)
)

// parse reads a configuration; file names it in messages, dir is what its
// paths are relative to.
func parse(data []byte, file, dir string, getenv func(string) string) (*Config, error) {
	d := &decoder{file: file, dir: dir, getenv: getenv}
	c := &Config{
		Path:       filepath.Join(dir, filepath.Base(file)),
		DataDir:    filepath.Join(dir, "data"),
		API:        API{BaseURL: "https://api.fanvue.com", Surface: "v1", Version: "2025-06-26", RateLimit: RateLimit{Requests: 100, Per: time.Minute, Scope: "key"}},
		Streams:    map[string]Cadence{},
		Retention:  map[string]Period{},
		Warehouse:  Warehouse{MemoryLimit: "512MB", Threads: 2},
		StaleAfter: 48 * time.Hour,
		Statements: Statements{FinalAfter: 10},
	}
	root := d.root(data)
	if len(d.errs) == 0 {
		d.config(root, c)
	}
	if r := &c.API.RateLimit; r.Max == 0 {
		r.Max = max(200, r.Requests)
	}
	if len(d.errs) > 0 {
		d.errs.sort()
		return nil, d.errs
	}
	return c, nil
}

func (d *decoder) config(n ast.Node, c *Config) {
	var accounts []ast.Node
	inactive := func(set setter) setter {
		return func(n ast.Node, path string) {
			c.Inactive = append(c.Inactive, path)
			set(n, path)
		}
	}
	d.object(n, "", map[string]setter{
		"data_dir":  d.path(&c.DataDir),
		"accounts":  func(n ast.Node, path string) { c.Accounts, accounts = d.accounts(n, path) },
		"api":       func(n ast.Node, path string) { d.api(n, path, &c.API) },
		"streams":   func(n ast.Node, path string) { d.streams(n, path, c.Streams) },
		"privacy":   func(n ast.Node, path string) { d.privacy(n, path, &c.Privacy) },
		"schedules": func(n ast.Node, path string) { c.Schedules = d.schedules(n, path) },
		"fx": func(n ast.Node, path string) {
			if c.FX = d.fx(n, path); c.FX.Method != monthlyAverage {
				c.Inactive = append(c.Inactive, path+".method")
			}
		},
		"reports_dir": d.path(&c.ReportsDir),
		"retention":   func(n ast.Node, path string) { d.retention(n, path, c.Retention, inactive) },
		"statements": func(n ast.Node, path string) {
			d.object(n, path, map[string]setter{"final_after_days": d.int(&c.Statements.FinalAfter, 1, 30)})
		},
		"warehouse": func(n ast.Node, path string) {
			d.object(n, path, map[string]setter{
				"memory_limit": d.text(&c.Warehouse.MemoryLimit, "a size such as 512MB or 2GB", size.MatchString),
				"threads":      d.int(&c.Warehouse.Threads, 1, 256),
			})
		},
		"stale_after": d.duration(&c.StaleAfter, time.Hour, 90*24*time.Hour),
		"notify":      func(n ast.Node, path string) { c.Notify = d.notifications(n, path) },
		"metrics":     func(n ast.Node, path string) { d.metrics(n, path, &c.Metrics) },
	}, "accounts")
	if !opens(c.DataDir) {
		d.bad(n, "data_dir", fmt.Sprintf("DuckDB opens no file below %q", c.DataDir), "choose a directory without ?, #, control characters, and % in its path")
	}
	// The data directory may stand below the accounts in the file.
	for i, a := range c.Accounts {
		if p := a.SecretKey.Path(); p != "" && inside(p, c.DataDir) {
			d.bad(accounts[i], fmt.Sprintf("accounts[%d].secret_key", i), "lies in the data directory", "keep the key of the pseudonyms away from the data")
		}
	}
}

// opens reports whether DuckDB's driver takes a path for the path of a file
// alone: it parses it as a URL first, to find what comes behind it.
func opens(path string) bool {
	u, err := url.Parse(path)
	return err == nil && !strings.ContainsAny(path, "?#") && u.RawQuery == ""
}

// accounts reads the accounts, with the node of each.
func (d *decoder) accounts(n ast.Node, path string) (accounts []Account, nodes []ast.Node) {
	names, keys := map[string]bool{}, map[string]bool{}
	d.list(n, path, func(n ast.Node, path string) {
		a := d.account(n, path)
		d.unique(n, path+".name", a.Name, names, "give each account a name, and so a directory, of its own")
		d.unique(n, path+".api_key", a.APIKey.String(), keys, "one key belongs to one account")
		accounts, nodes = append(accounts, a), append(nodes, n)
	})
	if len(accounts) == 0 {
		d.bad(n, path, "no account", "add one with name and api_key")
	}
	return accounts, nodes
}

func (d *decoder) privacy(n ast.Node, path string, privacy *Privacy) {
	text := "drop"
	d.object(n, path, map[string]setter{"message_text": d.oneOf(&text, "drop", "keep")})
	privacy.KeepMessageText = text == "keep"
}

func (d *decoder) schedules(n ast.Node, path string) (schedules []Schedule) {
	names := map[string]bool{}
	d.list(n, path, func(n ast.Node, path string) {
		s := d.schedule(n, path)
		d.unique(n, path+".name", s.Name, names, "last results are kept by name")
		schedules = append(schedules, s)
	})
	return schedules
}

func (d *decoder) unique(n ast.Node, path, value string, seen map[string]bool, hint string) {
	if value != "" && seen[value] {
		d.bad(n, path, quote(value)+" stands twice", hint)
	}
	seen[value] = true
}

func (d *decoder) api(n ast.Node, path string, api *API) {
	r := &api.RateLimit
	d.object(n, path, map[string]setter{
		"base_url": d.value("a URL", func(text string) (string, string) {
			clean, problem := baseURL(text)
			if problem != "" {
				return problem, "write https://HOST; http is for loopback addresses alone"
			}
			api.BaseURL = clean
			return "", ""
		}),
		"surface": d.oneOf(&api.Surface, "v1", "v0", "bare"),
		"version": d.text(&api.Version, "a version as YYYY-MM-DD", func(s string) bool {
			_, err := time.Parse(time.DateOnly, s)
			return err == nil
		}),
		"rate_limit": func(n ast.Node, path string) {
			d.object(n, path, map[string]setter{
				"requests": d.int(&r.Requests, 1, 100000),
				"per":      d.duration(&r.Per, time.Second, time.Hour),
				"max":      d.int(&r.Max, 1, 100000),
				"scope":    d.oneOf(&r.Scope, "key", "creator"),
			})
			if r.Max != 0 && r.Max < r.Requests {
				d.bad(n, path+".max", fmt.Sprintf("%d is below requests (%d)", r.Max, r.Requests), "raise max, or leave it out")
			}
		},
	})
}

// baseURL checks the address of the API; a key must not travel in the clear.
func baseURL(text string) (clean, problem string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return "", quote(text) + " is no URL with a host"
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", "the URL has more than scheme, host and path"
	case u.Scheme == "https":
	case u.Scheme == "http" && loopback(u.Hostname()):
	case u.Scheme == "http":
		return "", "plain http to a host that is not a loopback address"
	default:
		return "", "scheme " + quote(u.Scheme) + " is not https"
	}
	return strings.TrimRight(u.String(), "/"), ""
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (d *decoder) streams(n ast.Node, path string, streams map[string]Cadence) {
	fields := map[string]setter{}
	for _, name := range Streams {
		fields[name] = func(n ast.Node, path string) {
			var cadence string
			d.oneOf(&cadence, string(Off), string(Nightly), string(Weekly))(n, path)
			streams[name] = Cadence(cadence)
		}
	}
	d.object(n, path, fields)
}

func (d *decoder) schedule(n ast.Node, path string) Schedule {
	s := Schedule{Timezone: "UTC", Job: "sync"}
	d.object(n, path, map[string]setter{
		"name": d.text(&s.Name, "a name of letters, digits, spaces and . _ -", jobName.MatchString),
		"cron": d.value("a cron expression", func(text string) (string, string) {
			if problem := cronProblem(text); problem != "" {
				return quote(text) + " " + problem, "write minute, hour, day of month, month and day of week, such as \"15 3 * * *\", or @daily"
			}
			s.Cron = text
			return "", ""
		}),
		"timezone": func(n ast.Node, path string) {
			var loc *time.Location
			if d.zone(&loc)(n, path); loc != nil {
				s.Timezone = loc.String()
			}
		},
		"job":    d.oneOf(&s.Job, Jobs...),
		"jitter": d.duration(&s.Jitter, 0, 12*time.Hour),
	}, "name", "cron")
	return s
}

func cronProblem(text string) string {
	if strings.Contains(text, "TZ=") {
		return "holds a time zone, which has a key of its own: timezone"
	}
	s, err := cron.ParseStandard(text)
	if err != nil {
		return "is no cron expression: " + strings.TrimSuffix(err.Error(), ": "+text)
	}
	if every, ok := s.(cron.ConstantDelaySchedule); ok {
		if every.Delay < time.Minute {
			return "runs more than once a minute"
		}
		return ""
	}
	if s.Next(time.Unix(0, 0).UTC()).IsZero() {
		return "never comes"
	}
	return ""
}

const monthlyAverage = "monthly average"

func (d *decoder) fx(n ast.Node, path string) *FX {
	fx := &FX{Method: monthlyAverage}
	d.object(n, path, map[string]setter{
		"home":   d.text(&fx.Home, "a currency code such as GBP", currency.MatchString),
		"file":   d.path(&fx.File),
		"method": d.oneOf(&fx.Method, monthlyAverage, "yearly average", "daily"),
	}, "home", "file")
	return fx
}

func (d *decoder) retention(n ast.Node, path string, classes map[string]Period, inactive func(setter) setter) {
	fields := map[string]setter{}
	for _, name := range retentionClasses {
		set := d.period(func(p Period) { classes[name] = p })
		if fields[name] = inactive(set); name == "runs" {
			fields[name] = set
		}
	}
	d.object(n, path, fields)
}

// period passes on the length of time in the calendar that a value stands for.
func (d *decoder) period(set func(Period)) setter {
	return d.value("a period", func(text string) (string, string) {
		m := period.FindStringSubmatch(text)
		if m == nil {
			return quote(text) + " is no period", "write a number with d, w, mo or y, such as 24mo"
		}
		v, _ := strconv.Atoi(m[1]) // at most four digits
		set(map[string]Period{"d": {Days: v}, "w": {Days: 7 * v}, "mo": {Months: v}, "y": {Months: 12 * v}}[m[2]])
		return "", ""
	})
}

// path sets dst to the absolute path of a value that is relative to the file.
// "~/" is the home directory.
func (d *decoder) path(dst *string) setter {
	return d.value("a path", func(text string) (string, string) {
		if text == "" || strings.ContainsRune(text, 0) {
			return quote(text) + " is no path", ""
		}
		abs, problem := d.absolute(text)
		if problem == "" {
			*dst = abs
		}
		return problem, ""
	})
}

func (d *decoder) absolute(path string) (abs, problem string) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		home := d.getenv("HOME")
		if home == "" {
			return "", "~ has no meaning without HOME"
		}
		return filepath.Join(home, rest), ""
	}
	if filepath.IsAbs(path) {
		return filepath.Clean(path), ""
	}
	return filepath.Join(d.dir, path), ""
}

// reference sets dst; its messages never show the value.
func (d *decoder) reference(dst *Reference) setter {
	return func(n ast.Node, path string) {
		text, ok := scalar(n)
		if !ok {
			d.bad(n, path, "want "+Forms+", got "+kind(n), "")
			return
		}
		if rest, ok := strings.CutPrefix(text, "file:~/"); ok {
			text = "file:" + filepath.Join(d.getenv("HOME"), rest)
		}
		ref, err := ParseReference(text, d.dir)
		if err != nil {
			d.bad(n, path, "not a reference to a secret", "write "+Forms+"; a secret itself does not belong into this file, and one that stood here and was shared should be revoked")
			return
		}
		*dst = ref
	}
}

func (d *decoder) date(dst *time.Time) setter {
	return d.value("a date", func(text string) (string, string) {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return quote(text) + " is no date", "write YYYY-MM-DD"
		}
		*dst = t
		return "", ""
	})
}

func nonempty(s string) bool { return s != "" }

// inside reports whether path lies in dir.
func inside(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(os.PathSeparator))
}
