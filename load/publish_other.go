//go:build !linux

package load

import (
	"errors"
	"os"
)

// reflink is for Linux alone.
func reflink(_, _ *os.File) error { return errors.ErrUnsupported }
