package configs

import (
	"net"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// Metrics says where measurements for Prometheus are found.
type Metrics struct {
	// Listen is the address under which serve answers /metrics. Without a host
	// it is 127.0.0.1. Defaults to none: nothing listens.
	Listen string
	// Textfile is the absolute path of a file that is written after each run,
	// for the textfile collector of node_exporter. Defaults to none.
	Textfile string
}

func (d *decoder) metrics(n ast.Node, path string, m *Metrics) {
	d.object(n, path, map[string]setter{
		"listen": d.value("an address", func(text string) (string, string) {
			host, port, err := net.SplitHostPort(text)
			if err != nil {
				return quote(text) + " is no address", "write HOST:PORT, such as 127.0.0.1:9464"
			}
			if p, err := strconv.Atoi(port); err != nil || p < 0 || p > 65535 {
				return quote(text) + " has no port from 0 to 65535", "write HOST:PORT, such as 127.0.0.1:9464"
			}
			if host == "" {
				host = "127.0.0.1"
			}
			m.Listen = net.JoinHostPort(host, port)
			return "", ""
		}),
		"textfile": d.path(&m.Textfile),
	})
}
