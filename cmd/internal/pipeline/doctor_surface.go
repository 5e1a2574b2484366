package pipeline

import (
	"context"
	"errors"
	"fmt"

	"fanlake/extract"
)

// inspectSurfaces says on which surface the API answers, where that is not the
// configured one or a newer one too. refusal is what the configured one said to
// the question whose key it is. It asks the others the same, once each.
func (a Account) inspectSurfaces(ctx context.Context, access *access, refusal error) []Finding {
	missing := errors.Is(refusal, extract.ErrNotFound) || errors.Is(refusal, extract.ErrGone)
	if refusal != nil && !missing {
		return nil
	}
	f := Finding{Name: "surface", State: OK, Detail: fmt.Sprintf("%s answers", a.surface())}
	for _, other := range extract.Surfaces {
		if other == a.surface() {
			if !missing {
				return []Finding{f} // those behind it are older
			}
			continue
		}
		if _, err := whoami(ctx, &extract.Client{Doer: access, BaseURL: a.BaseURL, Prefix: other.Prefix()}); err != nil {
			continue
		}
		f.Next = fmt.Sprintf("write surface: %s below api: of the configuration", other)
		if missing {
			f.State, f.Detail = Problem, fmt.Sprintf("%s is not there, %s answers", a.surface(), other)
		} else {
			f.State, f.Detail = Warning, fmt.Sprintf("%s answers, %s too and has more: reversals of every creator, order ids, subscriptions", a.surface(), other)
			if other.Older() {
				f.State, f.Detail = OK, fmt.Sprintf("%s answers, %s too", a.surface(), other)
				f.Next = ""
			}
		}
		return []Finding{f}
	}
	if missing {
		f.State, f.Detail, f.Next = Problem, "no surface of the API answers", "check api.base_url of the configuration"
	}
	return []Finding{f}
}

// selfOnly says of whom a stream cannot be read.
func (a Account) selfOnly(st extract.Stream) Finding {
	f := Finding{Name: "stream " + st.Name + " of other creators", State: Warning,
		Detail: fmt.Sprintf("surface %s has it for the key's owner alone", a.surface()),
		Next:   "where surface v1 answers it has it for every creator"}
	if st.Name == "reversals" {
		f.Next += "; until then statements of those lack refunds and chargebacks"
	}
	return f
}
