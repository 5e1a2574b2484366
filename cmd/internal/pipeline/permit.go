package pipeline

import (
	"errors"
	"fmt"
	"slices"

	"fanlake/extract"
)

// A permit is what the answers of a run say of a key's right to a stream.
type permit struct {
	allowed int
	refused map[string]error // creator → the refusal
	below   map[string]int   // creator → how often
}

// refusals is how many creators have to refuse a stream, with none allowing it,
// before the key counts as lacking the scope. One refusal may be about that
// creator alone.
const refusals = 2

// refusalsBelow is how many posts, lists, links or folders have to refuse what
// belongs to them before their creator counts as refusing it. One refusal may be
// about that one alone, and would keep the others from being read for good.
const refusalsBelow = 3

func permitKey(t task) string {
	if t.Self {
		return t.Stream + " self"
	}
	return t.Stream
}

// refusedAlready reports whether asking would only be refused again.
func (r *reader) refusedAlready(t task) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.permits[permitKey(t)]
	if p == nil || p.allowed > 0 {
		return false
	}
	if t.Parent != "" && len(t.Fans) == 0 {
		return p.below[t.Creator] >= refusalsBelow || p.refusedBelow() >= refusals
	}
	return len(p.refused) >= refusals || p.refused[t.Creator] != nil
}

// refusedBelow is the number of creators of whom enough was refused.
func (p *permit) refusedBelow() (n int) {
	for _, times := range p.below {
		if times >= refusalsBelow {
			n++
		}
	}
	return n
}

// asked reports whether a slice of a stream was asked for, whatever the answer.
func (r *reader) asked(stream string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	ours := func(f failure) bool { return f.Stream == stream }
	return r.permits[stream] != nil || r.permits[stream+" self"] != nil || slices.ContainsFunc(r.failures, ours) || slices.ContainsFunc(r.gone, ours)
}

// allowed reports whether a slice of that kind was answered.
func (r *reader) allowed(t task) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.permits[permitKey(t)]
	return p != nil && p.allowed > 0
}

// note keeps whether a slice was answered or refused.
func (r *reader) note(t task, refusal error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.permits == nil {
		r.permits, r.answered = map[string]*permit{}, map[string]bool{}
	}
	p := r.permits[permitKey(t)]
	if p == nil {
		p = &permit{refused: map[string]error{}, below: map[string]int{}}
		r.permits[permitKey(t)] = p
	}
	if refusal == nil {
		p.allowed++
		r.answered[t.Creator] = true
		return
	}
	p.refused[t.Creator] = refusal
	p.below[t.Creator]++
}

// refused returns the streams that the key may not read at all, with the
// scopes they need, and those that are not there, with words to say so; and
// turns refusals of single creators into failures.
func (r *reader) refused() (missing map[string][]string, absent map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	missing, absent = map[string][]string{}, map[string]string{}
	for _, f := range r.gone {
		if !r.streamAnswered(f.Stream) {
			r.failures = append(r.failures, f)
		}
	}
	r.gone = nil
	for _, st := range extract.Streams {
		for _, self := range []bool{false, true} {
			p := r.permits[permitKey(task{Slice: extract.Slice{Stream: st.Name, Self: self}})]
			if p == nil || len(p.refused) == 0 {
				continue
			}
			if p.allowed == 0 && p.forbidden() && (st.Parent == "" || p.refusedBelow() > 0) {
				missing[st.Name] = st.ScopesFor(self)
				continue
			}
			if p.allowed == 0 && r.absent(p) {
				absent[st.Name] = fmt.Sprintf("not there on surface %s of this API", r.surface)
				continue
			}
			for c, err := range p.refused {
				r.failures = append(r.failures, failure{Stream: st.Name, Creator: c, Err: err})
			}
			p.refused = nil
		}
	}
	return missing, absent
}

// streamAnswered reports whether a slice of the stream was answered, of whomever.
func (r *reader) streamAnswered(stream string) bool {
	for _, self := range []bool{false, true} {
		if p := r.permits[permitKey(task{Slice: extract.Slice{Stream: stream, Self: self}})]; p != nil && p.allowed > 0 {
			return true
		}
	}
	return false
}

// forbidden reports whether a refusal was one for lack of a scope.
func (p *permit) forbidden() bool {
	for _, err := range p.refused {
		if errors.Is(err, extract.ErrForbidden) {
			return true
		}
	}
	return false
}

// absent reports whether a stream was not found for creators who are: then it
// is the stream that is not there.
func (r *reader) absent(p *permit) bool {
	for c := range p.refused {
		if !r.answered[c] {
			return false
		}
	}
	return true
}
