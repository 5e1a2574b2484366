//go:build !linux

package load

import (
	"errors"
	"os"
)

// reflink is for Linux alone.
func reflink(_, _ *os.File) error { return errors.ErrUnsupported }

const noFollow = 0

// claim is for Linux alone: elsewhere it cannot be told who has a file open.
func claim(*os.File) error { return errors.ErrUnsupported }
