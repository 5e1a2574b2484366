// Package secret holds values that cannot print themselves.
//
// A [Value] keeps its text in a closure, because fmt and reflection print the
// fields they reach, whatever methods those have. Every common way out (fmt,
// slog, JSON, text encodings) gives [Redacted]; only [Value.Reveal] gives the
// text, so one search for Reveal lists the places where a secret is used.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what a Value prints as.
const Redacted = "[redacted]"

// A Value is a secret text. The zero Value is the empty secret.
type Value struct{ reveal func() string }

// New holds text as a secret.
func New(text string) Value {
	return Value{reveal: func() string { return text }}
}

// Reveal returns the text. Call it where the secret is used, and keep the
// result in no field and no error.
func (v Value) Reveal() string {
	if v.reveal == nil {
		return ""
	}
	return v.reveal()
}

// IsZero reports whether the secret is empty.
func (v Value) IsZero() bool { return v.Reveal() == "" }

// String returns [Redacted].
func (Value) String() string { return Redacted }

// GoString returns [Redacted], for %#v.
func (Value) GoString() string { return Redacted }

// Format writes [Redacted] for every verb and flag, so that %x, %p or a wrong
// verb shows no more than %v.
func (Value) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, Redacted) }

// LogValue makes slog print [Redacted].
func (Value) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText makes encodings print [Redacted].
func (Value) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalJSON makes JSON print [Redacted].
func (Value) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }
