package report

import (
	"context"

	"fanlake/load"
	"fanlake/load/query"
)

// WhyEmpty says why a report may have no row: what it needs and the warehouse
// lacks, else what the header says that no row means, else that the parameters
// leave none. It is empty where nothing is known.
func (r Report) WhyEmpty(ctx context.Context, file *load.Published) (string, error) {
	lacks := map[string]string{} // why, by need
	if len(r.Needs) > 0 {
		err := file.Each(ctx, "parameters/needs", func(rows *query.Rows) (bool, error) {
			var need, reason string
			var isThere bool
			more, err := rows.Scan(&need, &isThere, &reason)
			if more && err == nil && !isThere {
				lacks[need] = reason
			}
			return more, err
		})
		if err != nil {
			return "", err
		}
	}
	for _, need := range r.Needs {
		if why := lacks[need]; why != "" {
			return why, nil
		}
	}
	switch {
	case r.Empty != "":
		return r.Empty, nil
	case len(r.Parameters) > 0:
		return "nothing is of these parameters; --describe has them with their defaults", nil
	}
	return "", nil
}
