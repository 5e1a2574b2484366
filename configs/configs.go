// Package configs reads and checks the configuration of fanlake.
//
// The configuration is one YAML file. [Find] says which, [Load] reads it into a
// [Config] whose fields are documented here, with their defaults, and nowhere
// else. Reading is strict: an unknown key, a wrong type or a value that cannot
// work is an error with file, line and column, and [Errors] holds all of them
// at once. Paths are relative to the file and absolute in the Config.
//
// No secret stands in the file. Where one is needed there is a [Reference] that
// says where it is kept; it is read when it is used, not when the file is
// loaded, so commands that need no secret work without it.
//
//	configs.go    what the configuration holds, Find, Load
//	schema.go     the sections of the file: their keys, types and limits
//	account.go    the section of one account
//	decode.go     YAML nodes to values, with their positions
//	notify.go     the channels of notifications
//	metrics.go    where measurements are found
//	errors.go     what is wrong, where, and what to do
//	reference.go  env:, file:, credential:, keyring:
//	key.go        the key of the pseudonyms
//	rates.go      the file of rates of currencies
//	sample.yaml   the commented file that init writes
package configs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// A Config is a configuration without known mistakes.
type Config struct {
	// Path is the absolute path of the file.
	Path string
	// DataDir is the directory that holds one directory per account.
	// Defaults to "data" beside the file.
	DataDir string
	// Accounts lists the accounts; there is at least one, and their names and
	// key references differ.
	Accounts []Account
	// API says how the API is reached.
	API API
	// Streams overrides how often a stream is read. A stream that is not in
	// it keeps its own cadence.
	Streams map[string]Cadence
	// Privacy says what is kept of what fans write.
	Privacy Privacy
	// Schedules says when jobs run under serve. Defaults to none.
	Schedules []Schedule
	// FX converts reports to a home currency. Nil if there is none.
	FX *FX
	// ReportsDir is a directory of the user's own report SQL. Empty if there
	// is none.
	ReportsDir string
	// Retention says how long classes of data are kept. A class that is not in
	// it is kept for ever.
	Retention map[string]Period
	// Statements says when statements become final.
	Statements Statements
	// Warehouse limits what DuckDB may use.
	Warehouse Warehouse
	// StaleAfter is how old the newest complete data may be before status, serve
	// and notifications call them stale. Defaults to 48h.
	StaleAfter time.Duration
	// Notify lists the channels that are told of runs. Defaults to nobody.
	Notify []Notification
	// Metrics says where measurements are found. Defaults to nowhere.
	Metrics Metrics
	// Inactive names the settings of the file that are checked but have no
	// effect in this version, in the order of the file. Commands that would
	// act on them say so.
	Inactive []string
}

// An Account is one key owner: a creator, or an agency with its creators.
type Account struct {
	// Name names the account and its directory: lower case letters, digits, "_", "-".
	Name string
	// APIKey says where the API key is kept. See [Account.Key].
	APIKey Reference
	// OAuth is the application that the account's owner operates. Nil where
	// there is an API key.
	OAuth *OAuth
	// SecretKey says where the key of the pseudonyms is kept. Defaults to the
	// file <name>.key in [userDir]. See [Account.KeyStore].
	SecretKey Reference
	// Timezone is the reporting time zone. Defaults to UTC.
	Timezone *time.Location
	// Creators holds what differs for single creators, by lower case handle or uuid.
	Creators map[string]Creator
	// RotateAfter is the age from which on the API key is to be replaced. Nil
	// for no reminder. Defaults to 180 days.
	RotateAfter *Period
	// Commission lists what the agency takes, in the order of the file.
	Commission []Commission
	// Adjustments lists bonuses, advances and deductions, in the order of the file.
	Adjustments []Adjustment
}

// Dir returns the account's directory.
func (c *Config) Dir(a Account) string { return filepath.Join(c.DataDir, a.Name) }

// Account returns the account of that name, or the only one if name is empty.
func (c *Config) Account(name string) (Account, error) {
	var names []string
	for _, a := range c.Accounts {
		if a.Name == name || name == "" && len(c.Accounts) == 1 {
			return a, nil
		}
		names = append(names, a.Name)
	}
	if name == "" {
		return Account{}, fmt.Errorf("%s has several accounts; name one of them by --account: %s", c.Path, strings.Join(names, ", "))
	}
	return Account{}, fmt.Errorf("%s has no account %q; it has: %s", c.Path, name, strings.Join(names, ", "))
}

// An OAuth is an OAuth application that the account's owner already operates,
// and where its tokens are kept.
type OAuth struct {
	ClientID     string
	ClientSecret Reference
	// TokenFile is the absolute path of the file with the pair of tokens. It
	// is written whenever they are renewed, and must not be copied back.
	TokenFile string
	// TokenURL is the token endpoint. Defaults to the platform's.
	TokenURL string
}

// A Creator holds what differs for one creator.
type Creator struct {
	// Timezone is the creator's reporting time zone. Nil for the account's.
	Timezone *time.Location
	// Label stands for the creator where names do not belong. Defaults to none.
	Label string
	// Skip leaves the creator out of every run. Defaults to false.
	Skip bool
	// LegalName and Address stand on statements. Default to none. Lines of the
	// address end with \n.
	LegalName string
	Address   string
}

// A Commission is what the agency takes of one creator's earnings from a day on.
type Commission struct {
	Creator string    // lower case handle or uuid
	From    time.Time // first day, as midnight UTC; a day in the creator's time zone
	Basis   string    // "net" (default) or "gross"
	Rewards bool      // whether rewards count. Defaults to false
	// Chargebacks says whether chargebacks lower the amount. Defaults to true.
	Chargebacks bool
	Minimum     int64  // least commission of a month in US cents, as far as the amount goes. Defaults to 0
	Contract    string // what the agency calls the contract. Defaults to none
	Tiers       []Tier // ascending, the last one open
}

// An Adjustment is agreed with a creator beside the commission.
type Adjustment struct {
	Creator string    // lower case handle or uuid
	Date    time.Time // as midnight UTC; a day in the creator's time zone
	Kind    string    // "bonus", "advance" or "deduction"
	Cents   int64     // US cents, above zero
	Text    string    // what payout statements print. Defaults to none
}

// A Tier is the share of the part of a month's amount that lies in it.
type Tier struct {
	UpToCents int64 // upper end in US cents, 0 in the last tier: no end
	BPS       int   // hundredths of a percent
}

// API says how the API is reached.
type API struct {
	// BaseURL has no trailing slash. It is https, or http on a loopback
	// address. Defaults to https://api.fanvue.com.
	BaseURL string
	// Surface is "v1" (default), "v0" or "bare".
	Surface string
	// Version is the X-Fanvue-API-Version header. Defaults to 2025-06-26.
	Version string
	// RateLimit is the request budget.
	RateLimit RateLimit
}

// A RateLimit is the request budget before the API's headers say otherwise.
type RateLimit struct {
	Requests int           // requests in Per. Defaults to 100
	Per      time.Duration // Defaults to 60s
	Max      int           // how far the API's headers may raise Requests. Defaults to 200, at least Requests
	Scope    string        // what one bucket belongs to: "key" (default) or "creator"
}

// A Cadence says how often a stream is read.
type Cadence string

// The cadences.
const (
	Off     Cadence = "off"
	Nightly Cadence = "nightly"
	Weekly  Cadence = "weekly"
)

// Privacy says what is kept of what fans write.
type Privacy struct {
	// KeepMessageText keeps the text of messages (message_text: keep).
	// Defaults to false (drop).
	KeepMessageText bool
}

// A Schedule says when a job runs.
type Schedule struct {
	Name     string // unique
	Cron     string // five fields or a descriptor such as @daily
	Timezone string // IANA name. Defaults to UTC
	Job      string // one of [Jobs]. Defaults to sync
	// Jitter bounds by how much later than the expression says it runs. It
	// differs from schedule to schedule and stays. Defaults to 0.
	Jitter time.Duration
}

// FX says how reports convert US dollars to a home currency.
type FX struct {
	Home   string // ISO 4217 code
	File   string // absolute path of the rates
	Method string // "monthly average" (default), "yearly average" or "daily"; only the first has an effect
	// Rates are those of the file, in its order. [Parse] leaves them out.
	Rates []Rate
}

// A Period is a length of time in the calendar. One of its fields is not zero.
type Period struct{ Days, Months int }

// Statements says when statements become final.
type Statements struct {
	// FinalAfter is how many days after the end of its month a statement is
	// final though rows are still pending. Defaults to 10, at most 30.
	FinalAfter int
}

// Before is the instant that lies a period before t.
func (p Period) Before(t time.Time) time.Time { return t.AddDate(0, -p.Months, -p.Days) }

// A Warehouse limits what DuckDB may use.
type Warehouse struct {
	// MemoryLimit is a DuckDB size. Defaults to 512MB.
	MemoryLimit string
	// Threads is the number of threads. Defaults to 2.
	Threads int
}

// ErrNotFound says that no configuration file was found where fanlake looks.
var ErrNotFound = errors.New("no configuration found")

// Find says which configuration file to load: flag if it is not empty, else
// FANLAKE_CONFIG, ./fanlake.yaml or fanlake/fanlake.yaml in the user's
// configuration directory, whichever exists first. A file that flag or
// FANLAKE_CONFIG name is not looked for.
func Find(flag string, getenv func(string) string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if path := getenv("FANLAKE_CONFIG"); path != "" {
		return path, nil
	}
	candidates := []string{FileName}
	if dir := userDir(getenv); dir != "" {
		candidates = append(candidates, filepath.Join(dir, FileName))
	}
	for _, path := range candidates {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w (looked for %s); write one with `fanlake init` or name it by --config",
		ErrNotFound, strings.Join(candidates, " and "))
}

// FileName is the usual name of the configuration file.
const FileName = "fanlake.yaml"

// userDir returns the user's configuration directory of fanlake:
// $XDG_CONFIG_HOME/fanlake, else .config/fanlake in the home directory. It is
// empty if the environment has neither.
func userDir(getenv func(string) string) string {
	if dir := getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "fanlake")
	}
	if runtime.GOOS == "windows" {
		if dir := getenv("AppData"); dir != "" {
			return filepath.Join(dir, "fanlake")
		}
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".config", "fanlake")
	}
	return ""
}

// maxSize bounds a configuration file; a larger one is something else.
const maxSize = 1 << 20

// Load reads the configuration file at path. Mistakes in it come as [Errors],
// all at once.
func Load(path string) (*Config, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", path, err)
	}
	f, err := os.Open(abs)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("configuration %s: %w; write one with `fanlake init`", path, os.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if len(data) > maxSize {
		return nil, fmt.Errorf("configuration %s: larger than 1 MiB; name the right file by --config", path)
	}
	c, err := parse(data, path, filepath.Dir(abs), os.Getenv)
	if err != nil || c.FX == nil {
		return c, err
	}
	if c.FX.Rates, err = readRates(c.FX.File); err != nil {
		return nil, err
	}
	return c, nil
}

// Parse reads a configuration that is to stand in a file at path; the file is
// not looked at. Mistakes come as [Errors].
func Parse(data []byte, path string) (*Config, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", path, err)
	}
	return parse(data, path, filepath.Dir(abs), os.Getenv)
}
