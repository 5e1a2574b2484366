package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// A build says what this program was built from.
type build struct {
	Version  string `json:"version"`            // of the module, "(devel)" if built from a working tree
	Revision string `json:"revision,omitempty"` // of the sources, with "+" if they were changed
	Go       string `json:"go"`
	Platform string `json:"platform"`
	DuckDB   string `json:"duckdb_driver,omitempty"` // version of the DuckDB driver
}

// readBuild reads what the linker noted down.
func readBuild() build {
	b := build{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.Revision = s.Value + b.Revision
		case s.Key == "vcs.modified" && s.Value == "true":
			b.Revision += "+"
		}
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/duckdb/duckdb-go/v2" {
			b.DuckDB = m.Version
		}
	}
	return b
}

// toolVersion names this program in what it writes and in its User-Agent: the
// module's version, or the revision of a working tree.
func toolVersion() string {
	b := readBuild()
	if b.Version == "(devel)" && b.Revision != "" {
		return b.Revision
	}
	return b.Version
}

func newVersion(p *program) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print what this program was built from",
		Example: `  fanlake version
  fanlake version --json`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			b := readBuild()
			if asJSON {
				return p.printJSON(b)
			}
			fmt.Fprintf(p.stdout, "fanlake        %s\n", b.Version)
			if b.Revision != "" {
				fmt.Fprintf(p.stdout, "revision       %s\n", b.Revision)
			}
			fmt.Fprintf(p.stdout, "go             %s %s\n", b.Go, b.Platform)
			if b.DuckDB != "" {
				fmt.Fprintf(p.stdout, "duckdb driver  %s\n", b.DuckDB)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
