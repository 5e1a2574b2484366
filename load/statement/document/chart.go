package document

// A Shape is how a chart shows its amounts.
type Shape string

// The shapes.
const (
	Columns Shape = "columns" // side by side, in the order of the rows: time
	Bars    Shape = "bars"    // below each other, with their labels: kinds
)

// A Chart says how a table looks as a picture, which stands with the table and
// never for it: one bar for every row that is no total. Its amounts are cells
// of the table and are nothing else.
type Chart struct {
	Title  string   `json:"title"`
	About  string   `json:"about"`           // what it shows, in a sentence
	Shape  Shape    `json:"shape"`           //
	Label  string   `json:"label,omitempty"` // column that names the bars; empty for the rows' labels
	Series []string `json:"series"`          // columns of money, stacked in this order: above the line what is above zero, below it what is below
}

// Column returns the place of a column by its name, -1 if there is none.
func (t *Table) Column(name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}
