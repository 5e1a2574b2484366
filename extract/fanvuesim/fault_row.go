package fanvuesim

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// decodeJSON keeps numbers as their digits.
func decodeJSON(body []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, false
	}
	return v, true
}

// encodeJSON writes v with its keys in alphabetical order.
func encodeJSON(v any) ([]byte, bool) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, false
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), true
}

// A rowList is the rows of an answer and a way to put others in their place.
type rowList struct {
	rows []any
	put  func([]any)
}

// rowLists finds the rows of an answer: a bare array, data of an envelope,
// messages of each chat of a batch, or the answer itself as one row.
func rowLists(doc *any) []rowList {
	if rows, ok := (*doc).([]any); ok {
		return []rowList{{rows, func(r []any) { *doc = r }}}
	}
	top, ok := (*doc).(map[string]any)
	if !ok {
		return nil
	}
	if rows, ok := top["data"].([]any); ok {
		return []rowList{{rows, func(r []any) { top["data"] = r }}}
	}
	if chats, ok := top["byChat"].(map[string]any); ok {
		var lists []rowList
		for _, id := range sortedKeys(chats) {
			chat, _ := chats[id].(map[string]any)
			if rows, ok := chat["messages"].([]any); ok {
				lists = append(lists, rowList{rows, func(r []any) { chat["messages"] = r }})
			}
		}
		return lists
	}
	return []rowList{{[]any{top}, func([]any) {}}}
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// editRows applies a fault to the rows it names. It reports false if no row
// has what the fault changes.
func (in *Injection) editRows(body []byte) ([]byte, bool) {
	doc, ok := decodeJSON(body)
	if !ok {
		return nil, false
	}
	f, changed := &in.fault, false
	for _, list := range rowLists(&doc) {
		switch f.Kind {
		case DuplicateRow:
			rows := make([]any, 0, 2*len(list.rows))
			for i, row := range list.rows {
				rows = append(rows, row)
				if f.Row < 0 || f.Row == i {
					rows = append(rows, row)
				}
			}
			list.put(rows)
			changed = changed || len(rows) > len(list.rows)
			continue
		case ShiftedRow:
			if len(list.rows) > 0 {
				list.put(list.rows[1:])
				changed = true
			}
			continue
		}
		for i, row := range list.rows {
			if object, ok := row.(map[string]any); ok && (f.Row < 0 || f.Row == i) {
				changed = f.editRow(object) || changed
			}
		}
	}
	if !changed {
		return nil, false
	}
	return encodeJSON(doc)
}

// Fields by what they hold, the commonest first.
func moneyFields() []string {
	return []string{
		"gross", "price", "pricing.USD.price", "subscription.price", "account.earnings.total",
		"totalRevenue", "earnings.totalGross", "tips.totalGross", "recommendedPrice", "revenue",
	}
}

func requiredFields() []string { return []string{"uuid", "date", "user.uuid", "creatorUuid", "name"} }

func enumFields() []string {
	return []string{
		"source", "type", "lastMessage.type", "subscription.status", "transactionOrderStatus", "account.status",
		"status", "mediaType", "audience", "externalSocialPlatform",
	}
}

func personFields() []string {
	return []string{"user", "sender", "originator", "lastMessage", "recipient"}
}

// editRow changes one row. It reports false if the row has no fitting field.
func (f *Fault) editRow(row map[string]any) bool {
	switch f.Kind {
	case StringCents:
		return f.replace(row, moneyFields(), func(old any) any {
			if n, ok := old.(json.Number); ok {
				return n.String()
			}
			return "1250"
		})
	case FractionCents:
		return f.replace(row, moneyFields(), func(any) any { return json.Number("12.5") })
	case HugeNumber:
		return f.replace(row, moneyFields(), func(any) any { return json.Number("99999999999999999999") })
	case NullRequired:
		return f.replace(row, requiredFields(), func(any) any { return nil })
	case UnknownEnum:
		value := f.Value
		if value == "" {
			value = "SOMETHING_NEW"
		}
		return f.replace(row, enumFields(), func(any) any { return value })
	case SetField:
		value, ok := decodeJSON([]byte(f.Value))
		return ok && f.replace(row, nil, func(any) any { return value })
	case UnknownRowField:
		row["addedLater"] = map[string]any{"since": "2026-11-01", "values": []any{json.Number("1"), nil, true}}
		return true
	case UnknownPersonField:
		return f.replace(row, personFields(), func(old any) any {
			if person, ok := old.(map[string]any); ok {
				person["addedLater"] = "new"
			}
			return old
		})
	case DropField:
		holder, name := holderOf(row, f.Field)
		if holder == nil {
			return false
		}
		delete(holder, name)
		return true
	}
	return false
}

// replace changes Field, or the first of fields that the row has with a value
// that is not null.
func (f *Fault) replace(row map[string]any, fields []string, change func(old any) any) bool {
	if f.Field != "" {
		fields = []string{f.Field}
	}
	for _, field := range fields {
		holder, name := holderOf(row, field)
		if holder == nil || holder[name] == nil && f.Field == "" {
			continue
		}
		holder[name] = change(holder[name])
		return true
	}
	return false
}

// holderOf returns the object that has the last name of a dotted field, or nil.
func holderOf(row map[string]any, field string) (map[string]any, string) {
	names := strings.Split(field, ".")
	for _, name := range names[:len(names)-1] {
		row, _ = row[name].(map[string]any)
	}
	last := names[len(names)-1]
	if _, ok := row[last]; !ok {
		return nil, ""
	}
	return row, last
}

// bendCursor makes a walk go in circles, in whichever way its envelope goes on.
func (in *Injection) bendCursor(body []byte, t *target) ([]byte, bool) {
	doc, ok := decodeJSON(body)
	top, isObject := doc.(map[string]any)
	query, err := url.ParseQuery(t.query)
	if !ok || !isObject || err != nil {
		return nil, false
	}
	if pages, ok := top["pagination"].(map[string]any); ok {
		pages["hasMore"] = true
		return encodeJSON(doc)
	}
	if _, ok := top["dateFilter"]; ok {
		return in.bendDateFilter(top, query, t)
	}
	asked := query.Get("cursor")
	next, known := top["nextCursor"]
	if !known {
		return nil, false
	}
	to := asked
	if in.fault.Kind == CursorLoop {
		to = in.before(t.path+"\n", asked, stringOf(next))
	}
	if to == "" {
		return nil, false
	}
	top["nextCursor"] = to
	return encodeJSON(doc)
}

// bendDateFilter is bendCursor for the two watermarks of message pages.
func (in *Injection) bendDateFilter(top map[string]any, query url.Values, t *target) ([]byte, bool) {
	asked := query.Get("sentBefore") + "\n" + query.Get("receivedBefore")
	to := asked
	if in.fault.Kind == CursorLoop {
		next := ""
		if filter, ok := top["dateFilter"].(map[string]any); ok {
			next = stringOf(filter["sentBefore"]) + "\n" + stringOf(filter["receivedBefore"])
		}
		to = in.before(t.path+"\n", asked, next)
	}
	sent, received, _ := strings.Cut(to, "\n")
	if sent == "" && received == "" {
		return nil, false
	}
	top["dateFilter"] = map[string]any{"sentBefore": orNull(sent), "receivedBefore": orNull(received)}
	return encodeJSON(top)
}

// before remembers that asked led to next, and returns what led to asked.
func (in *Injection) before(walk, asked, next string) string {
	if _, ok := in.prev[walk+next]; next != "" && !ok {
		in.prev[walk+next] = asked
	}
	return in.prev[walk+asked]
}

func stringOf(v any) string {
	s, _ := v.(string)
	return s
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
