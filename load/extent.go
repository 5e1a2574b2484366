package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// An extent is what a delta touches of the marts that are built by it: a table
// of temp holds the creators and months, or the chats. Their SELECTs join it,
// and may prune by two variables that bound the instants of its months
// generously. How each is filled stands in sql/build/touched_*.sql.
//
//	earnings   creators and months of earnings that changed, and of the
//	           reversals that take their orders back
//	           temp.touched (creator_id, month), touched_from, touched_to
//	messages   creators and months of sending of messages that changed
//	           temp.touched_messages (creator_id, month), messages_from, messages_to
//	chats      chats with messages that changed
//	           temp.touched_chats (creator_id, fan_id)
//	sales      creators and months of earnings that changed, or whose message
//	           changed, or that may follow a message that changed
//	           temp.touched_sales (creator_id, month), sales_from, sales_to
//
// All months of creators whose reporting time zone changed are in it.
type extent struct {
	table   string // in temp; empty for marts that have none
	columns string // of the mart that say what its rows belong to
	keys    string // the same in the table
}

var (
	touchedEarnings = extent{"touched", "creator_id, earned_month", "creator_id, month"}
	touchedMessages = extent{"touched_messages", "creator_id, sent_month", "creator_id, month"}
	touchedChats    = extent{"touched_chats", "creator_id, fan_id", "creator_id, fan_id"}
	touchedSales    = extent{"touched_sales", "creator_id, earned_month", "creator_id, month"}
)

// extentOf reads the extent from the header.
func (m mart) extentOf() (extent, error) {
	named := m.fields["touched"]
	switch {
	case m.build == "chat" && named == "":
		return touchedChats, nil
	case m.build == "month" && named == "":
		return touchedEarnings, nil
	case m.build == "month" && named == "messages":
		return touchedMessages, nil
	case m.build == "month" && named == "sales":
		return touchedSales, nil
	case named != "":
		return extent{}, fmt.Errorf("touched is %q: a mart built by month has messages, sales or nothing there", named)
	}
	return extent{}, nil
}

// touches fills the table of an extent, once, and reports whether anything is in
// it. Marts that are built by an extent come after mart.dim_creators.
func (b *martBuild) touches(ctx context.Context, x extent) (any bool, err error) {
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
		case touchedMessages, touchedChats:
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
func (b *martBuild) isWhole(x extent) bool {
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
func (b *martBuild) fillEarnings(ctx context.Context) error {
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

// fillMessages puts what load.changed_messages touches into
// temp.touched_messages and temp.touched_chats.
func (b *martBuild) fillMessages(ctx context.Context) error {
	if err := errors.Join(b.empty(ctx, touchedMessages, "creator_id UUID, month DATE"), b.empty(ctx, touchedChats, "creator_id UUID, fan_id VARCHAR")); err != nil {
		return err
	}
	if !b.wholeMessages {
		everything, err := buildSQL("messages_are_all")
		if err != nil {
			return err
		}
		if err := b.conn.QueryRowContext(ctx, everything).Scan(&b.wholeMessages); err != nil {
			return err
		}
	}
	files := []string{"touched_messages_all", "touched_chats_all"}
	if !b.wholeMessages {
		files = []string{"touched_messages", "touched_chats"}
	}
	for _, file := range files {
		if err := b.run(ctx, file); err != nil {
			return err
		}
	}
	if !b.wholeMessages {
		moved, err := b.movedCreators(ctx)
		if err != nil {
			return err
		}
		for _, id := range moved {
			if err := errors.Join(b.run(ctx, "touched_messages_creator", id), b.run(ctx, "touched_chats_creator", id)); err != nil {
				return err
			}
		}
	}
	return errors.Join(b.bound(ctx, touchedMessages), b.bound(ctx, touchedChats))
}

// fillSales puts the months of sales whose chatter may be another one into
// temp.touched_sales.
func (b *martBuild) fillSales(ctx context.Context) error {
	for _, x := range []extent{touchedEarnings, touchedMessages} {
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
func (b *martBuild) empty(ctx context.Context, x extent, columns string) error {
	return errors.Join(
		b.exec(ctx, "CREATE TEMP TABLE IF NOT EXISTS "+x.table+" ("+columns+")"),
		b.exec(ctx, "DELETE FROM temp."+x.table))
}

// bound notes whether anything is touched and sets the variables that bound it.
func (b *martBuild) bound(ctx context.Context, x extent) error {
	var rows int64
	if err := b.conn.QueryRowContext(ctx, "SELECT count(*) FROM temp."+x.table).Scan(&rows); err != nil {
		return err
	}
	b.filled[x.table] = rows > 0
	if x == touchedChats {
		return nil
	}
	return b.run(ctx, x.table+"_bounds")
}

// movedCreators are those whose months were cut in another time zone than now.
func (b *martBuild) movedCreators(ctx context.Context) (_ []string, err error) {
	if b.moved == nil {
		if b.moved, err = texts(ctx, b.conn, "moved_creators"); b.moved == nil {
			b.moved = []string{}
		}
	}
	return b.moved, err
}

// clear deletes what the INSERT that follows computes again.
func (b *martBuild) clear(ctx context.Context, m mart) error {
	table := "mart." + m.name
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
	return b.exec(ctx, "DELETE FROM "+table+" WHERE ("+m.extent.columns+") IN (SELECT "+m.extent.keys+" FROM temp."+m.extent.table+")")
}

// touchedPairs returns the months that the rows of load.changed_earnings belong
// to, and those of reversals that take their orders back: a sale that comes late
// gives them their source. It is nil, for all, if a row of NULLs stands there.
// What changed are rows that were inserted, changed, removed or restored.
func touchedPairs(ctx context.Context, conn *sql.Conn) ([]Pair, error) {
	all, err := buildSQL("pairs_are_all")
	if err != nil {
		return nil, err
	}
	query, err := buildSQL("touched_pairs")
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
