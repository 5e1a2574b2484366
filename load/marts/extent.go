package marts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	sqlfiles "fanlake/sql"
)

// An extent is what a delta touches of the marts that are built by it: a table
// of temp holds the creators and months, or days, or chats. How each is filled
// stands in sql/build/touched_*.sql.
//
//	earnings   creators and months of earnings that changed, and of the
//	           reversals that take their orders back
//	           temp.touched (creator_id, month), touched_from, touched_to
//	sales      creators and months of earnings that changed, or whose message
//	           changed, or that may follow a message that changed
//	           temp.touched_sales (creator_id, month), sales_from, sales_to
//	days       creators and UTC days of messages that changed
//	           temp.touched_days (creator_id, day)
//	chats      chats with messages that changed, and the months of their sending
//	           temp.touched_chats (creator_id, fan_id, month)
//	turns      chats with messages that came, went or became others, since the
//	           first of these
//	           temp.touched_turns (creator_id, fan_id, begin_at, read_from, turn_message_id)
//
// The SELECTs of the first two join their table, and may prune by the two
// variables, which bound the instants of its months generously. Those of the
// others read temp.touched_messages, which holds all messages they may need, and
// take from it what is in their table, or everything if the variable
// messages_are_all says so: the tables are empty then. See [refresh.refreshMessages].
//
// Everything of creators whose reporting time zone changed is in it.
type extent struct {
	table string // in temp; empty for marts that have none
	match string // what joins a row m of the mart with a row t of the table
}

var (
	touchedEarnings = extent{"touched", "m.creator_id = t.creator_id AND m.earned_month = t.month"}
	touchedSales    = extent{"touched_sales", "m.creator_id = t.creator_id AND m.earned_month = t.month"}
	touchedDays     = extent{"touched_days", "m.creator_id = t.creator_id AND m.sent_date_utc = t.day"}
	touchedChats    = extent{"touched_chats", "m.creator_id = t.creator_id AND m.fan_id = t.fan_id AND m.sent_month = t.month"}
	touchedTurns    = extent{"touched_turns", "m.creator_id = t.creator_id AND m.fan_id = t.fan_id AND m.fan_turn_at >= t.begin_at"}
)

// extentOf reads the extent from the header.
func (m mart) extentOf() (extent, error) {
	named := m.Fields["touched"]
	switch {
	case m.build == "month" && named == "":
		return touchedEarnings, nil
	case m.build == "month" && named == "sales":
		return touchedSales, nil
	case m.build == "messages" && named == "days":
		return touchedDays, nil
	case m.build == "messages" && named == "chats":
		return touchedChats, nil
	case m.build == "messages" && named == "turns":
		return touchedTurns, nil
	case named != "" || m.build == "messages":
		return extent{}, fmt.Errorf("touched is %q: a mart built by month has sales or nothing there, one of messages days, chats or turns", named)
	}
	return extent{}, nil
}

// touches fills the table of an extent, once, and reports whether anything is in
// it. Marts that are built by an extent come after mart.dim_creators.
func (b *refresh) touches(ctx context.Context, x extent) (any bool, err error) {
	if x.table == "" {
		return false, nil
	}
	if b.filled == nil {
		b.filled = map[string]bool{}
	}
	if _, done := b.filled[x.table]; !done {
		switch x {
		case touchedEarnings:
			err = b.fillEarnings(ctx)
		case touchedDays, touchedChats, touchedTurns:
			err = b.fillMessages(ctx)
		case touchedSales:
			err = b.fillSales(ctx)
		}
		if err != nil {
			return false, fmt.Errorf("what is touched: %w", err)
		}
	}
	return b.filled[x.table], nil
}

// isWhole reports whether everything of an extent is touched.
func (b *refresh) isWhole(x extent) bool {
	switch x {
	case touchedEarnings:
		return b.whole
	case touchedSales:
		return b.whole || b.wholeMessages
	}
	return b.wholeMessages
}

// fillEarnings puts the creators and months that are to be computed into
// temp.touched.
func (b *refresh) fillEarnings(ctx context.Context) error {
	if err := b.empty(ctx, touchedEarnings, "creator_id UUID, month DATE"); err != nil {
		return err
	}
	if b.whole {
		if err := b.run(ctx, "touched_all"); err != nil {
			return err
		}
		return b.bound(ctx, touchedEarnings)
	}
	if len(b.touched) > 0 {
		ids, months := make([]string, len(b.touched)), make([]string, len(b.touched))
		for i, p := range b.touched {
			ids[i], months[i] = p.CreatorID, p.Month.Format(time.DateOnly)
		}
		if err := b.run(ctx, "touched_given", ids, months); err != nil {
			return err
		}
	}
	moved, err := b.movedCreators(ctx)
	if err != nil {
		return err
	}
	for _, id := range moved {
		if err := b.run(ctx, "touched_creator", id); err != nil {
			return err
		}
	}
	return b.bound(ctx, touchedEarnings)
}

// fillMessages puts what load.changed_messages touches into temp.touched_days,
// touched_chats and touched_turns.
func (b *refresh) fillMessages(ctx context.Context) error {
	if !b.wholeMessages {
		everything, err := sqlfiles.Text("build/messages_are_all")
		if err != nil {
			return err
		}
		if err := b.conn.QueryRowContext(ctx, everything).Scan(&b.wholeMessages); err != nil {
			return err
		}
	}
	if err := b.exec(ctx, fmt.Sprint("SET VARIABLE messages_are_all = ", b.wholeMessages)); err != nil {
		return err
	}
	if b.wholeMessages {
		var any bool
		if err := b.conn.QueryRowContext(ctx, "SELECT count(*) > 0 FROM fanvue.messages").Scan(&any); err != nil {
			return err
		}
		for _, x := range []extent{touchedDays, touchedChats, touchedTurns} {
			b.filled[x.table] = any
		}
		return b.run(ctx, "touched_none")
	}
	moved, err := b.movedCreators(ctx)
	if err != nil {
		return err
	}
	for _, x := range []extent{touchedDays, touchedChats, touchedTurns} {
		if err := b.run(ctx, x.table); err != nil {
			return err
		}
		for _, id := range moved {
			if err := b.exec(ctx, "DELETE FROM temp."+x.table+" WHERE creator_id = CAST(? AS UUID)", id); err != nil {
				return err
			}
			if err := b.run(ctx, x.table+"_creator", id); err != nil {
				return err
			}
		}
		var rows int64
		if err := b.conn.QueryRowContext(ctx, "SELECT count(*) FROM temp."+x.table).Scan(&rows); err != nil {
			return err
		}
		b.filled[x.table] = rows > 0
	}
	return nil
}

// refreshMessages makes or updates marts that are built of messages, together:
// the messages they need are looked for once. Where everything is touched and
// that is much, creators are taken in groups, so that what it takes at a time
// does not grow with the messages.
func (b *refresh) refreshMessages(ctx context.Context, marts []mart) error {
	any := false
	for _, m := range marts {
		touched, err := b.touches(ctx, m.extent)
		if err != nil {
			return err
		}
		any = any || touched
	}
	if err := b.tell(ctx, "SELECT * FROM fanvue.messages LIMIT 0"); err != nil {
		return err
	}
	for _, m := range marts {
		if err := b.prepare(ctx, m); err != nil {
			return fmt.Errorf("mart %s: %w", m.Name, err)
		}
	}
	if !any {
		return nil
	}
	err := b.eachGroup(ctx, func() error {
		for _, m := range marts {
			if err := b.exec(ctx, "INSERT INTO mart."+m.Name+"\n"+m.Body); err != nil {
				return fmt.Errorf("mart %s: %w", m.Name, err)
			}
		}
		return nil
	})
	return errors.Join(err, b.run(ctx, "touched_done"))
}

// manyMessages is from where on all messages are taken in groups.
const manyMessages = 1_000_000

// eachGroup calls insert with temp.touched_messages of what is touched, or of
// one group of creators after the other.
func (b *refresh) eachGroup(ctx context.Context, insert func() error) error {
	if !b.wholeMessages {
		if err := b.run(ctx, "touched_rows_from"); err != nil {
			return err
		}
		rows, err := sqlfiles.Text("build/touched_rows")
		return errors.Join(err, b.tell(ctx, rows), insert())
	}
	var all, groups int64
	if err := b.conn.QueryRowContext(ctx, "SELECT count(*) FROM fanvue.messages").Scan(&all); err != nil {
		return err
	}
	if all < manyMessages {
		if err := b.tell(ctx, "SELECT * FROM fanvue.messages"); err != nil {
			return err
		}
		return insert()
	}
	rows, err := sqlfiles.Text("build/group_rows")
	if err != nil {
		return err
	}
	if err := b.run(ctx, "message_groups"); err != nil {
		return err
	}
	if err := b.conn.QueryRowContext(ctx, "SELECT max(group_no) + 1 FROM temp.message_groups").Scan(&groups); err != nil {
		return err
	}
	for n := range groups {
		if err := b.exec(ctx, fmt.Sprint("SET VARIABLE message_group = ", n)); err != nil {
			return err
		}
		if err := b.tell(ctx, rows); err != nil {
			return err
		}
		if err := insert(); err != nil {
			return err
		}
	}
	return nil
}

// tell makes temp.touched_messages of rows of fanvue.messages.
func (b *refresh) tell(ctx context.Context, rows string) error {
	query, err := sqlfiles.Text("build/touched_messages")
	if err != nil {
		return err
	}
	return b.exec(ctx, strings.Replace(query, "${messages}", strings.Replace(b.messages, messagesSource, "FROM (\n"+rows+"\n) m", 1), 1))
}

// messagesSource is what fct_messages reads, in its text.
const messagesSource = "FROM fanvue.messages m"

// fillSales puts the months of sales whose chatter may be another one into
// temp.touched_sales.
func (b *refresh) fillSales(ctx context.Context) error {
	for _, x := range []extent{touchedEarnings, touchedTurns} {
		if _, err := b.touches(ctx, x); err != nil {
			return err
		}
	}
	if err := b.empty(ctx, touchedSales, "creator_id UUID, month DATE"); err != nil {
		return err
	}
	file := "touched_sales"
	if b.isWhole(touchedSales) {
		file = "touched_sales_all"
	}
	if err := b.run(ctx, file); err != nil {
		return err
	}
	return b.bound(ctx, touchedSales)
}

// empty makes the table of an extent, without rows.
func (b *refresh) empty(ctx context.Context, x extent, columns string) error {
	return errors.Join(
		b.exec(ctx, "CREATE TEMP TABLE IF NOT EXISTS "+x.table+" ("+columns+")"),
		b.exec(ctx, "DELETE FROM temp."+x.table))
}

// bound notes whether anything is touched and sets the variables that bound it.
func (b *refresh) bound(ctx context.Context, x extent) error {
	var rows int64
	if err := b.conn.QueryRowContext(ctx, "SELECT count(*) FROM temp."+x.table).Scan(&rows); err != nil {
		return err
	}
	b.filled[x.table] = rows > 0
	return b.run(ctx, x.table+"_bounds")
}

// movedCreators are those whose months were cut in another time zone than now.
func (b *refresh) movedCreators(ctx context.Context) (_ []string, err error) {
	if b.moved == nil {
		if b.moved, err = texts(ctx, b.conn, "moved_creators"); b.moved == nil {
			b.moved = []string{}
		}
	}
	return b.moved, err
}

// clear deletes what the INSERT that follows computes again.
func (b *refresh) clear(ctx context.Context, m mart) error {
	table := "mart." + m.Name
	if m.extent.table == "" || b.isWhole(m.extent) {
		return b.exec(ctx, "DELETE FROM "+table)
	}
	moved, err := b.movedCreators(ctx)
	if err != nil {
		return err
	}
	for _, creator := range moved {
		if err := b.exec(ctx, "DELETE FROM "+table+" WHERE creator_id = CAST(? AS UUID)", creator); err != nil {
			return err
		}
	}
	if !b.filled[m.extent.table] {
		return nil
	}
	return b.exec(ctx, "DELETE FROM "+table+" m USING temp."+m.extent.table+" t WHERE "+m.extent.match)
}

// Touched returns the months that the rows of load.changed_earnings belong
// to, and those of reversals that take their orders back: a sale that comes late
// gives them their source. It is nil, for all, if a row of NULLs stands there.
// What changed are rows that were inserted, changed, removed or restored.
func Touched(ctx context.Context, conn *sql.Conn) ([]Pair, error) {
	all, err := sqlfiles.Text("build/pairs_are_all")
	if err != nil {
		return nil, err
	}
	query, err := sqlfiles.Text("build/touched_pairs")
	if err != nil {
		return nil, err
	}
	var everything bool
	if err := conn.QueryRowContext(ctx, all).Scan(&everything); err != nil || everything {
		return nil, err
	}
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("touched months: %w", err)
	}
	defer rows.Close()
	pairs := []Pair{}
	for rows.Next() {
		var p Pair
		if err := rows.Scan(&p.CreatorID, &p.Month); err != nil {
			return nil, err
		}
		pairs = append(pairs, p)
	}
	return pairs, rows.Err()
}
