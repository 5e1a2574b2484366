package configs

import (
	_ "embed"
	"strings"
)

//go:embed sample.yaml
var sample string

// SampleOptions fill the sample configuration in.
type SampleOptions struct {
	Account  string // name of the account
	APIKey   string // reference to its key
	Timezone string // IANA name
}

// Sample returns a commented configuration that [Load] accepts. What may stand
// beside the defaults stands in it as comments.
func Sample(o SampleOptions) []byte {
	return []byte(strings.NewReplacer("{account}", o.Account, "{api_key}", o.APIKey, "{timezone}", o.Timezone).Replace(sample))
}
