package load

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"text/template"
	"time"
)

// Parents names the rows that the rows of a stream belong to, such as the posts
// of comments. Table, Key and Count are names of the warehouse.
type Parents struct {
	Stream  string // whose rows belong to them
	Creator string
	Table   string // of fanvue
	Key     string // its column that identifies them to the API
	Count   string // its column that counts what belongs to them, empty if there is none
	Before  time.Time
}

// A ParentToRead is a row to which belongs what is to be read.
type ParentToRead struct{ ID, Reason string }

// ParentsToRead returns the parents of which everything is to be read: never
// read and not empty, changed and with another count than was read, or last
// read before the instant given. Those that changed last come first.
func (w *Warehouse) ParentsToRead(ctx context.Context, p Parents) ([]ParentToRead, error) {
	text, err := planSQL("parents_to_read")
	if err != nil {
		return nil, err
	}
	t, err := template.New("parents_to_read").Parse(text)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return nil, err
	}
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	var due []ParentToRead
	err = eachRowOf(ctx, w.main.db, b.String(), func(rows *sql.Rows) error {
		var d ParentToRead
		err := rows.Scan(&d.ID, &d.Reason)
		due = append(due, d)
		return err
	}, p.Stream, p.Creator, p.Before, p.Creator, p.Before)
	if err != nil {
		return nil, fmt.Errorf("plan/parents_to_read: %w", err)
	}
	return due, nil
}

// FansWithMoney returns the uuids of a creator's fans who paid or subscribe, in
// the order of their pseudonyms.
func (w *Warehouse) FansWithMoney(ctx context.Context, creator string) ([]string, error) {
	var fans []string
	err := w.each(ctx, "fans_with_money", func(rows *sql.Rows) error {
		var fan string
		err := rows.Scan(&fan)
		fans = append(fans, fan)
		return err
	}, creator, creator)
	if err != nil {
		return nil, err
	}
	byFan, err := w.fanUUIDs(ctx, fans)
	var uuids []string
	for _, f := range fans {
		if uuid := byFan[f]; uuid != "" {
			uuids = append(uuids, uuid)
		}
	}
	return uuids, err
}
