package configs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanlake/configs"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), configs.FileName)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const least = "accounts:\n  - name: main\n    api_key: env:FANVUE_API_KEY\n"

func TestDefaults(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", "/home/ava/.config")
	path := write(t, least)
	c, err := configs.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.DataDir, filepath.Join(filepath.Dir(path), "data"); got != want {
		t.Errorf("DataDir = %q, want %q", got, want)
	}
	wantAPI := configs.API{BaseURL: "https://api.fanvue.com", Surface: "v1", Version: "2025-06-26",
		RateLimit: configs.RateLimit{Requests: 100, Per: time.Minute, Max: 200, Scope: "key"}}
	if diff := cmp.Diff(wantAPI, c.API); diff != "" {
		t.Errorf("API (-want +got):\n%s", diff)
	}
	a := c.Accounts[0]
	if got, want := a.SecretKey.Path(), "/home/ava/.config/fanlake/main.key"; got != want {
		t.Errorf("SecretKey = %q, want %q", got, want)
	}
	if a.Timezone != time.UTC || a.APIKey.String() != "env:FANVUE_API_KEY" {
		t.Errorf("account = %+v", a)
	}
	if c.Privacy.KeepMessageText || c.Warehouse != (configs.Warehouse{MemoryLimit: "512MB", Threads: 2}) || len(c.Inactive) != 0 || c.Statements.FinalAfter != 10 {
		t.Errorf("config = %+v", c)
	}
}

func TestEverything(t *testing.T) {
	t.Parallel()
	path := write(t, `data_dir: ../lake
accounts:
  - name: main
    api_key: file:keys/main
    secret_key: credential:pseudonyms
    timezone: Europe/London
    creators: {Ava: {timezone: America/New_York, label: A, skip: true, legal_name: Ava A., address: "1 Road\nTown"}}
    commission: [{creator: AVA, from: 2026-01-01, basis: net, rewards: false, tiers: [{up_to_cents: 1000000, bps: 3000}, {bps: 4000}]}, {creator: ava, from: 2026-07-01, basis: gross, rewards: true, chargebacks: false, minimum_cents: 5000, contract: C 17, tiers: [{bps: 2500}]}]
    adjustments: [{creator: Ava, date: 2026-02-14, kind: bonus, cents: 10000, text: Valentine}]
  - {name: second, api_key: keyring:fanlake/second, secret_key: env:SECOND, rotate_after: off}
stale_after: 26h
api:
  base_url: http://127.0.0.1:8080/
  surface: v0
  version: 2025-06-26
  rate_limit: {requests: 300, per: 10s, scope: creator}
streams: {messages: nightly, posts: weekly, media: off}
privacy: {message_text: keep}
schedules:
  - {name: nightly, cron: "15 3 * * *", timezone: Europe/London, job: sync, jitter: 10m}
  - {name: check, cron: "@weekly", job: verify}
fx: {home: GBP, file: rates.csv, method: monthly average}
reports_dir: ./reports
retention: {messages: 24mo, runs: 13mo, chats: 2w}
warehouse: {memory_limit: 2GB, threads: 4}
statements: {final_after_days: 28}
metrics: {listen: ":9464", textfile: out/fanlake.prom}
notify: [{chat: env:NOTIFY_URL, on: [failure], amounts: on}, {ping: env:PING_URL, timeout: 5s}]
`)
	dir := filepath.Dir(path)
	if _, err := configs.Load(path); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, "rates.csv")+":1:1: no such file") {
		t.Errorf("without the rates: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rates.csv"), []byte("month,base,quote,rate,source\n2026-02,USD,GBP,0.75,HMRC\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := configs.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	a := c.Accounts[0]
	if got, want := a.APIKey.Path(), filepath.Join(dir, "keys/main"); got != want {
		t.Errorf("APIKey.Path() = %q, want %q", got, want)
	}
	if got := a.Creators["ava"]; got.Timezone.String() != "America/New_York" || got.Label != "A" || !got.Skip || got.LegalName != "Ava A." || got.Address != "1 Road\nTown" {
		t.Errorf("creator = %+v", got)
	}
	want := []configs.Commission{{Creator: "ava", From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Basis: "net",
		Chargebacks: true, Tiers: []configs.Tier{{UpToCents: 1000000, BPS: 3000}, {BPS: 4000}}},
		{Creator: "ava", From: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Basis: "gross", Rewards: true, Minimum: 5000, Contract: "C 17", Tiers: []configs.Tier{{BPS: 2500}}}}
	if diff := cmp.Diff(want, a.Commission); diff != "" {
		t.Errorf("commission (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]configs.Adjustment{{Creator: "ava", Date: time.Date(2026, 2, 14, 0, 0, 0, 0, time.UTC), Kind: "bonus", Cents: 10000, Text: "Valentine"}}, a.Adjustments); diff != "" {
		t.Errorf("adjustments (-want +got):\n%s", diff)
	}
	if c.API.BaseURL != "http://127.0.0.1:8080" || c.API.RateLimit != (configs.RateLimit{Requests: 300, Per: 10 * time.Second, Max: 300, Scope: "creator"}) {
		t.Errorf("API = %+v", c.API)
	}
	if diff := cmp.Diff(map[string]configs.Cadence{"messages": "nightly", "posts": "weekly", "media": "off"}, c.Streams); diff != "" {
		t.Errorf("streams (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]configs.Schedule{{Name: "nightly", Cron: "15 3 * * *", Timezone: "Europe/London", Job: "sync", Jitter: 10 * time.Minute},
		{Name: "check", Cron: "@weekly", Timezone: "UTC", Job: "verify"}}, c.Schedules); diff != "" {
		t.Errorf("schedules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]configs.Period{"messages": {Months: 24}, "runs": {Months: 13}, "chats": {Days: 14}}, c.Retention); diff != "" {
		t.Errorf("retention (-want +got):\n%s", diff)
	}
	if c.DataDir != filepath.Join(filepath.Dir(dir), "lake") || c.ReportsDir != filepath.Join(dir, "reports") || !c.Privacy.KeepMessageText {
		t.Errorf("config = %+v", c)
	}
	if c.Statements.FinalAfter != 28 {
		t.Errorf("statements = %+v", c.Statements)
	}
	if diff := cmp.Diff(&configs.FX{Home: "GBP", File: filepath.Join(dir, "rates.csv"), Method: "monthly average", Rates: []configs.Rate{
		{Month: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), Base: "USD", Quote: "GBP", Rate: "0.75", Source: "HMRC"}}}, c.FX); diff != "" {
		t.Errorf("fx (-want +got):\n%s", diff)
	}
	if c.Metrics != (configs.Metrics{Listen: "127.0.0.1:9464", Textfile: filepath.Join(dir, "out/fanlake.prom")}) {
		t.Errorf("metrics = %+v", c.Metrics)
	}
	if got := strings.Join(c.Inactive, " "); got != "retention.messages retention.chats" {
		t.Errorf("inactive = %s", got)
	}
	told := []configs.Notification{
		{Name: "chat", Chat: c.Notify[0].Chat, On: []string{"failure"}, Amounts: true, Timeout: 10 * time.Second},
		{Name: "ping", Ping: c.Notify[1].Ping, On: []string{"start", "success", "partial", "failure", "mismatch"}, Unchanged: true, Timeout: 5 * time.Second},
	}
	if diff := cmp.Diff(told, c.Notify, cmp.AllowUnexported(configs.Reference{})); diff != "" || c.Notify[0].Chat.String() != "env:NOTIFY_URL" || c.Notify[1].Ping.String() != "env:PING_URL" {
		t.Errorf("notify (-want +got):\n%s", diff)
	}
	if p := a.RotateAfter; p == nil || *p != (configs.Period{Days: 180}) || c.Accounts[1].RotateAfter != nil || c.StaleAfter != 26*time.Hour {
		t.Errorf("rotate_after = %v, %v; stale_after = %v", p, c.Accounts[1].RotateAfter, c.StaleAfter)
	}
	if _, err := c.Account(""); err == nil || !strings.Contains(err.Error(), "main, second") {
		t.Errorf("Account(\"\") of two: %v", err)
	}
	if a, err := c.Account("second"); err != nil || c.Dir(a) != filepath.Join(c.DataDir, "second") {
		t.Errorf("Account(second) = %+v, %v", a, err)
	}
	if _, err := c.Account("third"); err == nil {
		t.Error("Account(third) is known")
	}
}

// TestMistakes holds a file for each mistake, and what must be said about it:
// the line, the column and the field, then words of the problem and its hint.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file string
		want       []string
	}{
		{"nothing", "", []string{"1:1: accounts: missing"}},
		{"only comments", "# nothing\n", []string{"1:1: accounts: missing"}},
		{"a list", "- a\n", []string{"1:1: want a mapping of keys to values, got a list"}},
		{"text", "hello\n", []string{"1:1: want a mapping of keys to values, got text"}},
		{"not YAML", "accounts:\n  - name: 'main\n", []string{"2:11: not valid YAML"}},
		{"tab", "accounts:\n\t- name: main\n", []string{"2:"}},
		{"two documents", least + "---\na: 1\n", []string{"5:1: a second YAML document"}},
		{"no account", "accounts: []\n", []string{"1:11: accounts: no account"}},
		{"empty accounts", "accounts:\n", []string{"accounts: no account"}},
		{"unknown key", least + "acount: 1\n", []string{`4:1: unknown key "acount"; did you mean accounts?`}},
		{"unknown key far away", least + "zzz: 1\n", []string{`4:1: unknown key "zzz"; known here: accounts, api, `}},
		{"unknown nested key", least + "    timezon: UTC\n", []string{`4:5: accounts[0]: unknown key "timezon"; did you mean timezone?`}},
		{"key twice", least + "data_dir: a\ndata_dir: b\n", []string{"5:1: key stands twice"}},
		{"merge", least + "api:\n  <<: {surface: v1}\n", []string{"5:3: api: want a plain key"}},
		{"anchor", least + "api: &a\n  surface: v1\n", []string{"4:6: api: want a mapping"}},
		{"account without name", "accounts:\n  - api_key: env:A\n", []string{"2:5: accounts[0].name: missing"}},
		{"account without key", "accounts:\n  - name: main\n", []string{"2:5: accounts[0].api_key: missing; say where the key is kept: env:NAME, "}},
		{"account name", "accounts:\n  - name: ../up\n    api_key: env:A\n", []string{`2:11: accounts[0].name: "../up" is not a name`}},
		{"account name is a number", "accounts:\n  - name: [1]\n    api_key: env:A\n", []string{`2:11: accounts[0].name: want a name`}},
		{"names twice", least + "  - name: main\n    api_key: env:B\n", []string{`4:5: accounts[1].name: "main" stands twice; give each account`}},
		{"keys twice", least + "  - name: two\n    api_key: env:FANVUE_API_KEY\n", []string{`4:5: accounts[1].api_key: "env:FANVUE_API_KEY" stands twice; one key`}},
		{"zone", least + "    timezone: Europe/Londn\n", []string{`4:15: accounts[0].timezone: "Europe/Londn" is no IANA time zone; write one such as`}},
		{"local zone", least + "    timezone: Local\n", []string{`4:15: accounts[0].timezone: "Local" is no IANA time zone`}},
		{"handle", least + "    creators: {'@ava': {}}\n", []string{`4:16: accounts[0].creators.@ava: "@ava" is no handle; write the handle without @`}},
		{"final late", least + "statements: {final_after_days: 31}\n", []string{`4:32: statements.final_after_days: "31" is not a whole number from 1 to 30`}},
		{"handle twice", least + "    creators: {ava: {}, Ava: {}}\n", []string{`4:25: accounts[0].creators.Ava: creator stands twice`}},
		{"skip is text", least + "    creators: {ava: {skip: yes}}\n", []string{`4:28: accounts[0].creators.ava.skip: want true or false, got text`}},
		{"data below a question", "data_dir: what?/data\n" + least, []string{"data_dir: DuckDB opens no file below"}},
		{"data below a fragment", "data_dir: c#\n" + least, []string{"data_dir: DuckDB opens no file below"}},
		{"data below an escape", "data_dir: 100%/d\n" + least, []string{"data_dir: DuckDB opens no file below"}},
		{"data below two lines", "data_dir: \"a\\nb\"\n" + least, []string{"data_dir: DuckDB opens no file below"}},
		{"key beside the data", "data_dir: d\n" + least + "    secret_key: file:d/x.key\n", []string{"accounts[0].secret_key: lies in the data directory"}},
		{"oauth without a token file", "accounts:\n  - name: main\n    oauth: {client_id: a, client_secret: env:S}\n", []string{"3:12: accounts[0].oauth.token_file: missing"}},
		{"oauth and a key", "accounts:\n  - name: main\n    api_key: env:K\n    oauth: {client_id: a, client_secret: env:S, token_file: t}\n", []string{"2:5: accounts[0].oauth: stands beside api_key; keep the one of them that the account uses"}},
		{"oauth in the clear", "accounts:\n  - name: main\n    oauth: {client_id: a, client_secret: env:S, token_file: t, token_url: \"http://example.org/x\"}\n", []string{"3:75: accounts[0].oauth.token_url: plain http to a host that is not a loopback address; write https://HOST/PATH, or leave it out"}},
		{"no open tier", least + "    commission: [{creator: ava, from: 2026-01-01, tiers: [{up_to_cents: 5, bps: 1}]}]\n", []string{"commission[0].tiers: no open tier at the end"}},
		{"tiers out of order", least + "    commission: [{creator: ava, from: 2026-01-01, tiers: [{up_to_cents: 5, bps: 1}, {up_to_cents: 5, bps: 1}, {bps: 2}]}]\n", []string{"tiers[1]: up_to_cents is not above"}},
		{"bps", least + "    commission: [{creator: ava, from: 2026-02-30, tiers: [{bps: 10001}]}]\n", []string{`"2026-02-30" is no date`, `"10001" is not a whole number from 0 to 10000`}},
		{"minimum", least + "    commission: [{creator: ava, from: 2026-01-01, minimum_cents: -1, chargebacks: maybe, contract: '', tiers: [{bps: 1}]}]\n",
			[]string{`4:66: accounts[0].commission[0].minimum_cents: "-1" is not a whole number from 0`, `4:83: accounts[0].commission[0].chargebacks: want true or false`, `4:100: accounts[0].commission[0].contract: "" is not a name`}},
		{"adjustments", least + "    adjustments: [{creator: '@ava', date: 2026-13-01, kind: gift, cents: 0, note: x}]\n",
			[]string{`"@ava" is not a handle without @`, `adjustments[0].date: "2026-13-01" is no date`, `adjustments[0].kind: "gift" is not one of bonus, advance, deduction`, `adjustments[0].cents: "0" is not a whole number from 1`, `adjustments[0]: unknown key "note"; did you mean`}},
		{"adjustment without an amount", least + "    adjustments: [{creator: ava, date: 2026-01-01, kind: bonus}]\n", []string{"adjustments[0].cents: missing"}},
		{"http", least + "api: {base_url: 'http://api.fanvue.com'}\n", []string{"4:17: api.base_url: plain http to a host that is not a loopback address; write https"}},
		{"http that looks like loopback", least + "api: {base_url: 'http://127.0.0.1.example.com'}\n", []string{"4:17: api.base_url: plain http"}},
		{"user in URL", least + "api: {base_url: 'https://a:b@api.fanvue.com'}\n", []string{"4:17: api.base_url: the URL has more"}},
		{"no URL", least + "api: {base_url: api.fanvue.com}\n", []string{"4:17: api.base_url: \"api.fanvue.com\" is no URL"}},
		{"ftp", least + "api: {base_url: 'ftp://h'}\n", []string{`scheme "ftp" is not https`}},
		{"surface", least + "api: {surface: v2}\n", []string{`4:16: api.surface: "v2" is not one of v1, v0, bare`}},
		{"version", least + "api: {version: 2025-13-01}\n", []string{`4:16: api.version: "2025-13-01" is not a version`}},
		{"duration", least + "api: {rate_limit: {per: 60}}\n", []string{`4:25: api.rate_limit.per: "60" is not a duration from 1s to 1h0m0s; write a number with its unit`}},
		{"requests", least + "api: {rate_limit: {requests: 0}}\n", []string{`"0" is not a whole number from 1 to 100000`}},
		{"requests as text", least + "api: {rate_limit: {requests: \"100\"}}\n", []string{"4:30: api.rate_limit.requests: want a whole number from 1 to 100000, got text"}},
		{"fraction", least + "api: {rate_limit: {requests: 1.5}}\n", []string{"4:30: api.rate_limit.requests: want a whole number"}},
		{"max", least + "api: {rate_limit: {requests: 100, max: 50}}\n", []string{"api.rate_limit.max: 50 is below requests (100)"}},
		{"stream", least + "streams: {mesages: nightly}\n", []string{`4:11: streams: unknown key "mesages"; did you mean messages?`}},
		{"cadence", least + "streams: {messages: hourly}\n", []string{`4:21: streams.messages: "hourly" is not one of off, nightly, weekly`}},
		{"privacy", least + "privacy: {message_text: true}\n", []string{`4:25: privacy.message_text: "true" is not one of drop, keep`}},
		{"cron", least + "schedules:\n  - {name: n, cron: \"61 3 * * *\"}\n", []string{`5:21: schedules[0].cron: "61 3 * * *" is no cron expression`}},
		{"cron fields", least + "schedules:\n  - {name: n, cron: \"15 3 * *\"}\n", []string{"expected exactly 5 fields, found 4"}},
		{"cron never", least + "schedules:\n  - {name: n, cron: \"0 0 30 2 *\"}\n", []string{`"0 0 30 2 *" never comes`}},
		{"cron zone", least + "schedules:\n  - {name: n, cron: \"TZ=UTC\"}\n", []string{"holds a time zone, which has a key of its own"}},
		{"cron every", least + "schedules:\n  - {name: n, cron: \"@every 1s\"}\n", []string{"more than once a minute"}},
		{"schedule twice", least + "schedules:\n  - {name: n, cron: \"@daily\"}\n  - {name: n, cron: \"@daily\"}\n", []string{`6:5: schedules[1].name: "n" stands twice`}},
		{"job", least + "schedules:\n  - {name: n, cron: \"@daily\", job: rm}\n", []string{`schedules[0].job: "rm" is not one of sync, statements, digest, compact, verify`}},
		{"job nearly", least + "schedules:\n  - {name: n, cron: \"@daily\", job: statement}\n", []string{`5:36: schedules[0].job: "statement" is not one of sync, statements, digest, compact, verify; did you mean statements?`}},
		{"jitter", least + "schedules:\n  - {name: n, cron: \"@daily\", jitter: 1d}\n", []string{`5:39: schedules[0].jitter: "1d" is not a duration from 0s to 12h0m0s`}},
		{"stale", least + "stale_after: 10m\n", []string{`4:14: stale_after: "10m" is not a duration from 1h0m0s`}},
		{"rotation", least + "    rotate_after: never\n", []string{`4:19: accounts[0].rotate_after: "never" is no period`}},
		{"fx", least + "fx: {home: gbp, file: r, method: guess}\n", []string{`"gbp" is not a currency code`, `"guess" is not one of monthly average, `}},
		{"retention", least + "retention: {messages: 24months}\n", []string{`4:23: retention.messages: "24months" is no period; write a number`}},
		{"memory", least + "warehouse: {memory_limit: 80%, threads: 0}\n", []string{`"80%" is not a size`, `warehouse.threads: "0" is not`}},
		{"metrics", least + "metrics: {listen: 9464}\n", []string{`4:19: metrics.listen: `}},
		{"metrics port", least + "metrics: {listen: \"127.0.0.1:http\"}\n", []string{`4:19: metrics.listen: "127.0.0.1:http" has no port from 0 to 65535; write HOST:PORT`}},
		{"notify", least + "notify: [{on: [never]}]\n", []string{"notify[0]: no channel; write one of ping, webhook, email and chat", `notify[0].on[0]: "never" is not one of`}},
		{"notify event nearly", least + "notify: [{ping: env:P, on: [failures]}]\n", []string{`notify[0].on[0]: "failures" is not one of start, success, partial, failure, mismatch, stale, drift, deprecation, key_age, digest; did you mean failure?`}},
		{"notify two in one", least + "notify: [{ping: env:P, chat: env:C}]\n", []string{"4:10: notify[0]: ping and chat stand together; write an entry for each channel"}},
		{"notify twice", least + "notify: [{name: a, ping: env:P}, {name: a, chat: env:C}]\n", []string{`notify[1].name: "a" stands twice`}},
		{"webhook unsigned", least + "notify: [{webhook: env:W}]\n", []string{"notify[0].secret: missing; say where the secret that signs the messages is kept"}},
		{"secret of a ping", least + "notify: [{ping: env:W, secret: env:S}]\n", []string{"notify[0].secret: stands without webhook"}},
		{"email in the clear", least + "notify: [{email: {host: smtp.example.com, from: a@example.com, to: [b@example.com], tls: none}}]\n", []string{"notify[0].email.tls: none is for loopback addresses alone; write starttls or tls"}},
		{"email password", least + "notify: [{email: {host: smtp.example.com, from: a@example.com, to: [nobody], user: u, password: hunter2}}]\n",
			[]string{"notify[0].email: user and password go together", "notify[0].email.to: nobody to write to", `notify[0].email.to[0]: "nobody" is no e-mail address`, "notify[0].email.password: not a reference to a secret"}}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, c.file)
			got, err := configs.Load(path)
			var errs configs.Errors
			if !errors.As(err, &errs) || got != nil {
				t.Fatalf("Load = %v, %v; want Errors", got, err)
			}
			if len(errs) != len(c.want) {
				t.Errorf("%d mistakes, want %d:\n%v", len(errs), len(c.want), err)
			}
			for i, e := range errs {
				text := e.Error()
				if i < len(c.want) && !strings.Contains(text, c.want[i]) {
					t.Errorf("mistake %d:\n got %s\nwant %s", i, text, c.want[i])
				}
				if !strings.HasPrefix(text, fmt.Sprintf("%s:%d:%d: ", path, e.Line, e.Column)) {
					t.Errorf("no place in %q", text)
				}
			}
		})
	}
}

func TestAllMistakesAtOnceInOrder(t *testing.T) {
	t.Parallel()
	path := write(t, `data_dir: ./data
accounts:
  - name: Main
    api_key: env:KEY
    timezone: Mars/Olympus
schedules:
  - {name: nightly, cron: "99 * * * *", jobb: sync}
api: {surface: v9, rate_limit: {per: soon}}
`)
	_, err := configs.Load(path)
	var errs configs.Errors
	if !errors.As(err, &errs) {
		t.Fatal(err)
	}
	var at []string
	for _, e := range errs {
		at = append(at, fmt.Sprintf("%d:%d", e.Line, e.Column))
	}
	if want := []string{"3:11", "5:15", "7:27", "7:41", "8:16", "8:38"}; !slices.Equal(at, want) {
		t.Errorf("mistakes at %v, want %v:\n%v", at, want, err)
	}
	var one configs.Error
	if !errors.As(err, &one) || one.Line != 3 {
		t.Errorf("errors.As gives %+v", one)
	}
}

// TestSecretInTheFile puts a key wherever somebody may paste it by mistake.
func TestSecretInTheFile(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("s3cretKEY", 6)
	for _, file := range []string{
		"accounts:\n  - name: main\n    api_key: KEY\n",
		"accounts:\n  - name: main\n    api_key: 'KEY'\n    extra: 1\n",
		"accounts:\n  - name: main\n    api_key: \"KEY\n",
		"accounts:\n  - name: main\n    api_key: env:KEY-KEY\n",
		"accounts:\n  - name: main\n    api_key: key:KEY\n",
		"accounts:\n  - name: main\n    api_key: [KEY]\n",
		"accounts:\n  - name: main\n    api_key: {KEY: KEY}\n",
		"accounts:\n  - name: KEY\n",
		"accounts:\n  - KEY: name\n",
		"accounts:\n  - KEY\n",
		"KEY\n",
		"KEY: 1\n",
		"api_key: KEY\n  x: KEY\n",
		"- KEY: [\n",
		"!KEY x\n",
		"api: {base_url: 'https://KEY@x', surface: KEY, version: KEY, rate_limit: {per: KEY}}\naccounts: []\n",
		"notify: [{webhook: 'https://hooks.example.com/KEY'}]\naccounts: []\n",
	} {
		_, err := configs.Load(write(t, strings.ReplaceAll(file, "KEY", key)))
		if err == nil {
			t.Errorf("accepted:\n%s", file)
		} else if strings.Contains(err.Error(), key) {
			t.Errorf("the key came out of\n%s:\n%v", file, err)
		}
	}
}

func TestNoFile(t *testing.T) {
	t.Parallel()
	_, err := configs.Load(filepath.Join(t.TempDir(), "none.yaml"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "fanlake init") {
		t.Errorf("err = %v", err)
	}
	if _, err := configs.Load(write(t, strings.Repeat("# x\n", 300_000))); err == nil || !strings.Contains(err.Error(), "1 MiB") {
		t.Errorf("a file of 1.2 MB: %v", err)
	}
}

func TestFind(t *testing.T) {
	dir, home := t.TempDir(), t.TempDir()
	t.Chdir(dir)
	env := map[string]string{"XDG_CONFIG_HOME": home}
	getenv := func(name string) string { return env[name] }
	if path, err := configs.Find("", getenv); !errors.Is(err, configs.ErrNotFound) || !strings.Contains(err.Error(), home) {
		t.Errorf("Find with no file = %q, %v", path, err)
	}
	user := filepath.Join(home, "fanlake", configs.FileName)
	if err := os.MkdirAll(filepath.Dir(user), 0o700); err != nil {
		t.Fatal(err)
	}
	// Each file is found before the ones that came before it here.
	for _, step := range []struct {
		want string
		do   func() error
		flag string
	}{
		{user, func() error { return os.WriteFile(user, nil, 0o600) }, ""},
		{"fanlake.yaml", func() error { return os.WriteFile("fanlake.yaml", nil, 0o600) }, ""},
		{"/etc/f.yaml", func() error { env["FANLAKE_CONFIG"] = "/etc/f.yaml"; return nil }, ""},
		{"mine.yaml", func() error { return nil }, "mine.yaml"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got, err := configs.Find(step.flag, getenv); got != step.want || err != nil {
			t.Errorf("Find = %q, %v; want %q", got, err, step.want)
		}
	}
}

func TestSampleIsAccepted(t *testing.T) {
	t.Parallel()
	sample := string(configs.Sample(configs.SampleOptions{Account: "studio", APIKey: "file:studio.key", Timezone: "Europe/Paris"}))
	c, err := configs.Load(write(t, sample))
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Accounts[0]; a.Name != "studio" || a.APIKey.String() != "file:studio.key" || a.Timezone.String() != "Europe/Paris" {
		t.Errorf("account = %+v", a)
	}
	if len(c.Schedules) != 1 || c.Schedules[0].Timezone != "Europe/Paris" {
		t.Errorf("schedules = %+v", c.Schedules)
	}
	// The comments are configuration too: with their first "# " taken away the
	// file still has to be accepted, and to mean the same.
	var lines []string
	for line := range strings.Lines(sample) {
		text := strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(text, "# "); ok && (strings.Contains(rest, ": ") || strings.HasSuffix(rest, ":")) && !strings.Contains(rest, ". ") && strings.ToLower(rest[:1]) == rest[:1] {
			line = strings.Replace(line, "# ", "", 1)
		}
		lines = append(lines, line)
	}
	full, err := configs.Parse([]byte(strings.Join(lines, "")), filepath.Join(t.TempDir(), configs.FileName)) // no file of rates is there
	if err != nil {
		t.Fatalf("with its comments:\n%v\n%s", err, strings.Join(lines, ""))
	}
	if diff := cmp.Diff(c.API, full.API); diff != "" {
		t.Errorf("the commented defaults differ from the defaults (-default +comment):\n%s", diff)
	}
	if full.Warehouse != c.Warehouse || full.Privacy != c.Privacy {
		t.Errorf("the commented defaults differ from the defaults: %+v", full)
	}
	if len(full.Streams) != 3 || len(full.Accounts[0].Creators) != 1 || len(full.Accounts[0].Commission) != 1 || full.FX == nil {
		t.Errorf("streams %v, creators %v", full.Streams, full.Accounts[0].Creators)
	}
}
