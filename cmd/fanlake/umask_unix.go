//go:build unix

package main

import "syscall"

// restrictNewFiles makes whatever this process creates private to its user,
// also what libraries create without asking for a mode.
func restrictNewFiles() { syscall.Umask(0o077) }
