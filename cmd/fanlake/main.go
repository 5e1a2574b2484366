// Command fanlake exports what the owner of a Fanvue key may read, keeps it as
// Parquet, loads it into a local DuckDB warehouse and reports from it in SQL.
//
// main turns signals into the end of a context and errors into an exit status;
// root.go holds the list of commands and what they share, exit.go the exit
// statuses. Each command is a file: it reads its flags, makes the values that
// the packages below want, and prints. stdout is the result, stderr the talk.
package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // time zones also where the system has none
)

func main() {
	restrictNewFiles()
	http.DefaultClient.Timeout = time.Minute // chat services are sent to by it, without any bound of their own
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the work in order, a second one at once.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
