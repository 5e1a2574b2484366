package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Serve answers /metrics under an address, beside what the process itself uses,
// until stop is called.
func (c *Collector) Serve(address string, log *slog.Logger) (stop func() error, err error) {
	r := prometheus.NewRegistry()
	r.MustRegister(c, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 4, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}))
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics.listen: %w", err)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: 5 * time.Minute}
	log.Info("metrics", "address", "http://"+listener.Addr().String()+"/metrics")
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			err = server.Close() // a scrape that hangs is nobody's to wait for
			return errors.Join(err, ignoreClosed(<-ended))
		}
		return ignoreClosed(<-ended)
	}, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// WriteFile writes the measurements for the textfile collector of
// node_exporter, whole or not at all, for everybody to read.
func (c *Collector) WriteFile(path string) error {
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	if err := prometheus.WriteToTextfile(path, r); err != nil {
		return fmt.Errorf("metrics.textfile %s: %w", filepath.Base(path), err)
	}
	return nil
}
