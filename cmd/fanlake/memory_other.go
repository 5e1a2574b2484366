//go:build !linux

package main

// boundMemory is for Linux alone; elsewhere a query has the engine's own bound.
func boundMemory(string) error { return nil }
