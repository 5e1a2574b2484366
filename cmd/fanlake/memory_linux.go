package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// spareMemory is what the process may take beside what a query may: stacks, the
// rows that are being written, and what the engine does not count.
const spareMemory = 1 << 30

// boundMemory keeps this process from taking much more than a query may, such as
// "512MB". The engine bounds what it keeps of tables, but not a single value that
// a function makes, which a statement can ask to be of any size; behind this
// bound that is an error. It is for commands that run SQL that was handed in and
// nothing else.
func boundMemory(limit string) error {
	bytes, err := sizeOf(limit)
	if err != nil || bytes == 0 {
		return err
	}
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return fmt.Errorf("bound the memory of a query: %w", err)
	}
	pages, _, _ := strings.Cut(string(text), " ")
	have, err := strconv.ParseUint(pages, 10, 64)
	if err != nil {
		return fmt.Errorf("bound the memory of a query: %w", err)
	}
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &now); err != nil {
		return fmt.Errorf("bound the memory of a query: %w", err)
	}
	now.Cur = min(now.Cur, have*uint64(os.Getpagesize())+bytes+spareMemory)
	if err := unix.Setrlimit(unix.RLIMIT_AS, &now); err != nil {
		return fmt.Errorf("bound the memory of a query: %w", err)
	}
	return nil
}
