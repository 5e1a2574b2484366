package fanvuesim

import "math/rand/v2"

// Streams of chance. Each thing in the world draws from its own, so that adding
// a draw to one kind moves no other.
const (
	diceCreator uint64 = iota + 1
	diceFan
	diceName
	diceNick
	diceSale
	diceTie
	diceBlock
	diceChat
	diceMessage
	diceMessageTie
	diceBroadcast
	diceMedia
	diceNight
	diceShuffle
	dicePost
	diceLike
	diceComment
	diceMedium
	diceTemplate
	diceList
	diceLink
	diceLinkUser
	diceMass
	dicePresence
	diceContent
	diceStir
)

// dice are the chances of one thing: the same seed, stream and indices always
// fall the same way, whatever was drawn before.
type dice struct{ p rand.PCG }

func (w *World) roll(stream, a, b uint64) dice {
	var d dice
	d.p.Seed(w.opt.Seed^stream<<56, mix(mix(a)+b))
	return d
}

// n draws from [0, n); n must be positive.
func (d *dice) n(n int64) int64 { return int64(d.p.Uint64()>>1) % n }

// one reports a chance of one in n.
func (d *dice) one(n int64) bool { return d.n(n) == 0 }

// of draws one of the values.
func of[T any](d *dice, values []T) T { return values[d.n(int64(len(values)))] }

// mix spreads every bit of x over the whole word (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
