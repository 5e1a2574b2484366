package main

import (
	"slices"
	"testing"

	"fanlake/configs"
	"fanlake/extract"
)

// The configuration names the streams that there are, but for what every run
// reads in any case and for single messages, which belong to messages.
func TestStreamsOfTheConfiguration(t *testing.T) {
	t.Parallel()
	var want []string
	for _, s := range extract.Streams {
		if !slices.Contains([]string{"me", "creators", "message"}, s.Name) {
			want = append(want, s.Name)
		}
	}
	got := slices.Clone(configs.Streams)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the configuration knows %v, there are %v", got, want)
	}
}
