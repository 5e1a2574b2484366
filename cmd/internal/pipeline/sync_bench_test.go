package pipeline_test

import (
	"syscall"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// BenchmarkSyncOfASmallWorld is what a sync costs beside its requests: of an
// empty directory, of a world in which nothing changed, and of the next night.
//
//	go test ./cmd/internal/pipeline -run '^$' -bench SmallWorld -benchtime 10x
func BenchmarkSyncOfASmallWorld(b *testing.B) {
	world := fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 2, Agency: true, Creators: 2, EarningsPerCreator: 100}}
	b.Run("first", func(b *testing.B) {
		var cpu time.Duration
		for b.Loop() {
			b.StopTimer()
			r := newRig(b, world)
			began := cpuTime(b)
			b.StartTimer()
			r.sync(b, pipeline.SyncOptions{})
			cpu += cpuTime(b) - began
		}
		b.ReportMetric(cpu.Seconds()*1000/float64(b.N), "cpu-ms/op")
	})
	for name, pass := range map[string]func(*fanvuesim.Sim){
		"unchanged": func(*fanvuesim.Sim) {},
		"quiet":     (*fanvuesim.Sim).NightQuiet,
		"night":     (*fanvuesim.Sim).Night,
	} {
		b.Run(name, func(b *testing.B) {
			r := newRig(b, world)
			r.sync(b, pipeline.SyncOptions{})
			var cpu time.Duration
			for b.Loop() {
				b.StopTimer()
				pass(r.sim)
				began := cpuTime(b)
				b.StartTimer()
				r.sync(b, pipeline.SyncOptions{})
				cpu += cpuTime(b) - began
			}
			b.ReportMetric(cpu.Seconds()*1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// cpuTime is what this process has used, DuckDB included.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
