// Package spreadsheet makes text fit for files that spreadsheets open.
//
//	Harmless  text that is no formula
//
// What strangers wrote stands in these files: names of fans and members, and
// messages. A spreadsheet that opens CSV takes text for a formula by how it
// begins, whether it is quoted or not, and a formula can send away what stands
// beside it.
package spreadsheet

import "strings"

// Harmless keeps a spreadsheet from reading text as a formula: text that begins
// as one gets an apostrophe in front.
func Harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}
