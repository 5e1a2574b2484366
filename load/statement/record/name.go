package record

import (
	"fmt"
	"slices"
	"strings"
)

// maxName bounds what a handle gives to the name of a folder.
const maxName = 64

// Folder is the name of a creator's folder: the one that holds statements of the
// creator already, else one after the handle that is safe on any file system and
// is no other creator's.
func (s *Store) Folder(creatorID, handle string) (string, error) {
	if name, ok := s.folders[creatorID]; ok {
		return name, nil
	}
	for _, name := range names(creatorID, handle) {
		if s.owners[name] == "" {
			return name, nil
		}
	}
	return "", fmt.Errorf("no folder is free for the statements of creator %s", creatorID)
}

// names are the names to try, best first. A handle that is no safe name as it
// stands is told apart by the uuid.
func names(creatorID, handle string) []string {
	id := safe(creatorID)
	name := safe(handle)
	short := id[:min(8, len(id))]
	switch {
	case name == "":
		return []string{id}
	case name != strings.ToLower(handle):
		return []string{name + "-" + short, name + "-" + id}
	}
	return []string{name, name + "-" + short, name + "-" + id}
}

// reserved are names that Windows keeps for devices.
var reserved = []string{"con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
	"lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"}

// safe turns text into a folder's name of lower case letters, digits, "-", "_"
// and ".", which neither begins nor ends with a dot or a dash.
func safe(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
		if b.Len() >= maxName {
			break
		}
	}
	name := strings.Trim(b.String(), ".-")
	if stem, _, _ := strings.Cut(name, "."); slices.Contains(reserved, stem) {
		name = "_" + name
	}
	return name
}
