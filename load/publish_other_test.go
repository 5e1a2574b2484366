//go:build !linux

package load

import "testing"

// addMount is for Linux alone.
func addMount(map[string]func(*testing.T, string) func()) {}
