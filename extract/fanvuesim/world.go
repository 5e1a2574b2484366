package fanvuesim

import (
	"net/http"
	"time"
)

// WorldOptions say how a world is grown.
type WorldOptions struct {
	Seed uint64
}

// A World is the truth behind a simulator.
type World struct{}

func newWorld(o WorldOptions, now time.Time) *World { return &World{} }
func (w *World) night(now time.Time)                {}

type snapshots struct{}

func (s *Sim) api() http.Handler { return http.NotFoundHandler() }
