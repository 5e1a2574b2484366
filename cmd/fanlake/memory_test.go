package main

import "testing"

func TestSizeOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint64{"": 0, "512MB": 512_000_000, "2GB": 2_000_000_000, "1.5GiB": 1536 << 20, "1 TB": 1_000_000_000_000, "64KiB": 64 << 10, "7B": 7} {
		if got, err := sizeOf(text); err != nil || got != want {
			t.Errorf("sizeOf(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"80%", "MB", "-1GB", "1XB"} {
		if got, err := sizeOf(text); err == nil {
			t.Errorf("sizeOf(%q) = %d", text, got)
		}
	}
}
