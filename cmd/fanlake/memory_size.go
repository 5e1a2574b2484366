package main

import (
	"fmt"
	"strconv"
	"strings"
)

// sizeOf is the bytes of a size as DuckDB writes it, such as 512MB or 2GiB, and
// 0 for none.
func sizeOf(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	number := strings.TrimRight(text, "KMGTiBkmgtb ")
	unit := strings.ToUpper(strings.TrimSpace(text[len(number):]))
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is not a size", text)
	}
	base := 1000.0
	if strings.Contains(unit, "I") {
		base = 1024
	}
	for _, u := range []string{"", "K", "M", "G", "T"} {
		if strings.TrimSuffix(strings.TrimSuffix(unit, "B"), "I") == u {
			return uint64(n), nil
		}
		n *= base
	}
	return 0, fmt.Errorf("%q is not a size", text)
}
