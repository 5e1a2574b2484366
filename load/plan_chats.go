package load

import (
	"context"
	"database/sql"
	"time"
)

// A ChatToRead is a chat whose messages are to be read down to CoveredTo, or
// to its start if that is zero.
type ChatToRead struct {
	FanID     string
	FanUUID   string
	CoveredTo time.Time
	Reason    string
}

// ChatsToRead returns the chats of a creator that changed since their messages
// were last read, newest activity first; all of them if asked.
func (w *Warehouse) ChatsToRead(ctx context.Context, creator string, all bool) ([]ChatToRead, error) {
	return w.chats(ctx, "chats_to_read", creator, creator, all)
}

// chats runs a statement that selects chats.
func (w *Warehouse) chats(ctx context.Context, name string, args ...any) ([]ChatToRead, error) {
	var chats []ChatToRead
	var fans []string
	err := w.each(ctx, name, func(rows *sql.Rows) error {
		var c ChatToRead
		var covered sql.NullTime
		if err := rows.Scan(&c.FanID, &covered, &c.Reason); err != nil {
			return err
		}
		if covered.Valid {
			c.CoveredTo = covered.Time.UTC()
		}
		chats, fans = append(chats, c), append(fans, c.FanID)
		return nil
	}, args...)
	if err != nil {
		return nil, err
	}
	uuids, err := w.fanUUIDs(ctx, fans)
	for i := range chats {
		chats[i].FanUUID = uuids[chats[i].FanID]
	}
	return chats, err
}

// ChatsLacking returns the chats of a creator that had activity at or after an
// instant and whose messages from then up to another are not covered, newest
// activity first; covered ones too if asked.
func (w *Warehouse) ChatsLacking(ctx context.Context, creator string, from, to time.Time, covered bool) ([]ChatToRead, error) {
	return w.chats(ctx, "chats_lacking", creator, from, to, creator, from, covered)
}

// A MessageToRead is a message of which a purchase was seen.
type MessageToRead struct {
	FanID, FanUUID, MessageID string
	SentAt                    time.Time // zero if the message is not known
}

// PurchasesToRead returns the messages of a creator whose unlock shows in the
// earnings and not yet in the message.
func (w *Warehouse) PurchasesToRead(ctx context.Context, creator string) ([]MessageToRead, error) {
	var messages []MessageToRead
	var fans []string
	err := w.each(ctx, "purchases_to_read", func(rows *sql.Rows) error {
		var m MessageToRead
		var sent sql.NullTime
		if err := rows.Scan(&m.FanID, &m.MessageID, &sent); err != nil {
			return err
		}
		if sent.Valid {
			m.SentAt = sent.Time.UTC()
		}
		messages, fans = append(messages, m), append(fans, m.FanID)
		return nil
	}, creator, creator)
	if err != nil {
		return nil, err
	}
	uuids, err := w.fanUUIDs(ctx, fans)
	for i := range messages {
		messages[i].FanUUID = uuids[messages[i].FanID]
	}
	return messages, err
}

// fanUUIDs resolves pseudonyms, for the paths of chats.
func (w *Warehouse) fanUUIDs(ctx context.Context, fans []string) (map[string]string, error) {
	uuids := make(map[string]string, len(fans))
	if len(fans) == 0 {
		return uuids, nil
	}
	err := eachRow(ctx, w.people.db, "fan_uuids", func(rows *sql.Rows) error {
		var fan, uuid string
		err := rows.Scan(&fan, &uuid)
		uuids[fan] = uuid
		return err
	}, jsonList(fans))
	return uuids, err
}
