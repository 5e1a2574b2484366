package fanvuesim

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// TokenPath is where the platform has its token endpoint. The endpoint itself
// does not look at the path.
const TokenPath = "/oauth2/token"

// The client that a token endpoint without configured credentials knows.
const (
	DefaultClientID     = "sim-client"
	DefaultClientSecret = "sim secret/+%"
)

// TokenOptions say how a token endpoint behaves. The zero value is what is known
// of the platform's: the secret by HTTP Basic alone, access tokens of an hour,
// refresh tokens that are used once and may be repeated for 30 seconds.
type TokenOptions struct {
	ClientID     string // empty: DefaultClientID
	ClientSecret string // empty: DefaultClientSecret
	BodySecret   bool   // take the secret from the body as well; else a body that has one is refused

	Life       time.Duration // of an access token; zero: 1 h
	Grace      time.Duration // for which a used refresh token may be used again; zero: 30 s, below 0: none
	SameAgain  bool          // a repeat within the grace gets the pair of the first time, not a further one
	NoRotation bool          // refresh tokens stay valid and are left out of answers
	RevokeOld  bool          // a refresh ends the chain's earlier access tokens

	Key   Key              // identity, scopes and membership of the access tokens
	Clock func() time.Time // of grace and life; nil: the gate's clock
}

// A TokenPair is what a grant or a refresh gives.
type TokenPair struct {
	Access, Refresh string
	Scope           string
	Expires         time.Time // of Access
}

// TokenCounts is what a token endpoint did so far.
type TokenCounts struct {
	Requests int // that arrived, whatever became of them
	Issued   int // pairs that refreshes gave, repeats included
	Repeated int // refreshes with a token that was used before, within its grace
	Refused  int // answers that were no pair
	Killed   int // chains that a late re-use ended
}

// A TokenEndpoint issues access tokens that the gate accepts. It keeps chains of
// single-use refresh tokens: one that is used again after its grace ends its
// whole chain, access tokens included.
type TokenEndpoint struct {
	gate  *Gate
	front *Gate // only for its faults: those before the answer keep the token unused, the others come after the rotation
	o     TokenOptions

	mu     sync.Mutex
	tokens map[string]*refreshToken
	serial int
	counts TokenCounts
	lose   int
}

// A tokenChain is everything that came of one grant.
type tokenChain struct {
	dead   bool
	access []string
}

type refreshToken struct {
	chain *tokenChain
	used  time.Time // first use; zero: never
	next  TokenPair // what the first use gave
}

// TokenEndpoint returns a token endpoint for s, to be mounted beside its
// handler. Each has grants of its own.
func (s *Sim) TokenEndpoint(o TokenOptions) *TokenEndpoint {
	if o.ClientID == "" {
		o.ClientID = DefaultClientID
	}
	if o.ClientSecret == "" {
		o.ClientSecret = DefaultClientSecret
	}
	if o.Life == 0 {
		o.Life = time.Hour
	}
	if o.Grace == 0 {
		o.Grace = 30 * time.Second
	}
	if o.Clock == nil {
		o.Clock = s.gate.clock
	}
	if o.Key.Identity == "" {
		o.Key.Identity = "grant-" + rand.Text()
	}
	if o.Key.Scopes == nil {
		o.Key.Scopes = Scopes()
	}
	e := &TokenEndpoint{gate: s.gate, o: o, tokens: map[string]*refreshToken{}}
	e.front = &Gate{next: http.HandlerFunc(e.answer), world: s.gate.world, clock: s.gate.clock, clockDate: s.gate.clockDate}
	return e
}

// Grant begins a chain, as if the owner had authorised the application.
func (e *TokenEndpoint) Grant() TokenPair {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.issue(&tokenChain{})
}

// Alive reports whether a refresh with this token would be answered with a pair.
func (e *TokenEndpoint) Alive(refresh string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.tokens[refresh]
	return t != nil && !t.chain.dead && (t.used.IsZero() || e.o.NoRotation || e.o.Clock().Sub(t.used) < e.o.Grace)
}

// Counts is what the endpoint did so far.
func (e *TokenEndpoint) Counts() TokenCounts {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.counts
}

// Inject puts a fault in force. Faults up to [ExpiredCursor] happen before the
// refresh token is looked at; the others damage an answer whose rotation is done.
func (e *TokenEndpoint) Inject(f Fault) *Injection { return e.front.Inject(f) }

// ClearFaults removes every fault.
func (e *TokenEndpoint) ClearFaults() { e.front.ClearFaults() }

// LoseAnswers makes the next n rotations go unanswered: the connection is cut
// before a byte of the answer.
func (e *TokenEndpoint) LoseAnswers(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lose = n
}

// ServeHTTP answers a request for tokens.
func (e *TokenEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	e.counts.Requests++
	e.mu.Unlock()
	a := &reply{ResponseWriter: w, entry: &Entry{}}
	a.dated(e.gate.Date())
	t := newTarget(r)
	e.front.disturb(a, r, &t)
}

// answer is the endpoint behind its faults.
func (e *TokenEndpoint) answer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		e.refuse(w, http.StatusMethodNotAllowed, "invalid_request", "the method is not POST")
		return
	}
	if err := r.ParseForm(); err != nil || len(r.PostForm) == 0 {
		e.refuse(w, http.StatusBadRequest, "invalid_request", "the body is no form")
		return
	}
	if problem := e.checkClient(r); problem != "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
		e.refuse(w, http.StatusUnauthorized, "invalid_client", problem)
		return
	}
	if r.PostForm.Get("grant_type") != "refresh_token" {
		e.refuse(w, http.StatusBadRequest, "unsupported_grant_type", "only refresh_token is simulated")
		return
	}
	pair, lost, problem := e.rotate(r.PostForm.Get("refresh_token"))
	switch {
	case problem != "":
		e.refuse(w, http.StatusBadRequest, "invalid_grant", problem)
		return
	case lost:
		panic(http.ErrAbortHandler) // net/http's own word for it
	}
	body := map[string]any{"access_token": pair.Access, "token_type": "bearer", "expires_in": int(e.o.Life / time.Second), "scope": pair.Scope}
	if !e.o.NoRotation {
		body["refresh_token"] = pair.Refresh
	}
	tokenJSON(w, http.StatusOK, body)
}

// checkClient says what is wrong with the client's authentication, or nothing.
func (e *TokenEndpoint) checkClient(r *http.Request) string {
	secret, inBody := r.PostForm.Get("client_secret"), r.PostForm.Has("client_secret")
	if inBody && !e.o.BodySecret {
		return "the client must not send its secret in the body"
	}
	id := r.PostForm.Get("client_id")
	if user, password, ok := r.BasicAuth(); ok {
		var err1, err2 error
		user, err1 = url.QueryUnescape(user)
		password, err2 = url.QueryUnescape(password)
		if err1 != nil || err2 != nil || id != "" && id != user {
			return "the client's credentials are malformed"
		}
		id, secret = user, password
	} else if !inBody {
		return "no client authentication included"
	}
	if id != e.o.ClientID || subtle.ConstantTimeCompare([]byte(secret), []byte(e.o.ClientSecret)) != 1 {
		return "unknown client, or wrong secret"
	}
	return ""
}

// rotate uses a refresh token. problem says why there is no pair.
func (e *TokenEndpoint) rotate(refresh string) (pair TokenPair, lost bool, problem string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, now := e.tokens[refresh], e.o.Clock()
	switch {
	case t == nil || t.chain.dead:
		return pair, false, "the refresh token is invalid, expired or revoked"
	case t.used.IsZero(), e.o.NoRotation:
		if e.o.RevokeOld {
			e.revoke(t.chain)
		}
		pair = e.issue(t.chain)
		t.used, t.next = now, pair
	case now.Sub(t.used) >= e.o.Grace:
		t.chain.dead = true
		e.revoke(t.chain)
		e.counts.Killed++
		return pair, false, "the refresh token was used before; its chain is revoked"
	case e.o.SameAgain:
		e.counts.Repeated++
		pair = t.next
	default:
		e.counts.Repeated++
		pair = e.issue(t.chain)
	}
	e.counts.Issued++
	if e.lose > 0 {
		e.lose--
		return pair, true, ""
	}
	return pair, false, ""
}

// issue adds a pair to a chain.
func (e *TokenEndpoint) issue(chain *tokenChain) TokenPair {
	e.serial++
	p := TokenPair{
		Access: fmt.Sprintf("sim-access-%d-%s", e.serial, rand.Text()), Refresh: fmt.Sprintf("sim-refresh-%d-%s", e.serial, rand.Text()),
		Scope: strings.Join(slices.Concat([]string{"openid", "offline_access", "offline"}, e.o.Key.Scopes), " "), Expires: e.o.Clock().Add(e.o.Life),
	}
	k := e.o.Key
	k.Value, k.Bearer, k.Expires = p.Access, true, p.Expires
	e.gate.AddKey(k)
	chain.access = append(chain.access, p.Access)
	e.tokens[p.Refresh] = &refreshToken{chain: chain}
	return p
}

func (e *TokenEndpoint) revoke(chain *tokenChain) {
	for _, access := range chain.access {
		e.gate.Revoke(access)
	}
	chain.access = nil
}

func (e *TokenEndpoint) refuse(w http.ResponseWriter, status int, code, description string) {
	e.mu.Lock()
	e.counts.Refused++
	e.mu.Unlock()
	tokenJSON(w, status, map[string]any{"error": code, "error_description": description})
}

func tokenJSON(w http.ResponseWriter, status int, body map[string]any) {
	b, err := json.Marshal(body)
	if err != nil {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b) // a client that is gone has no use for the error
}
