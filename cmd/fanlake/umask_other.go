//go:build !unix

package main

// restrictNewFiles does nothing: files inherit the rights of their directory.
func restrictNewFiles() {}
