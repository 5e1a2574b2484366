package load

import (
	"context"
	"errors"
)

// Rebuild makes the private files again from the lake. The publication stays as
// it is until [Warehouse.Finish] and [Warehouse.Publish].
func (w *Warehouse) Rebuild(ctx context.Context) error { return w.remake(ctx, "asked for") }

// remake replaces the private files by empty ones and applies every part.
func (w *Warehouse) remake(ctx context.Context, why string) error {
	w.rebuilt = why
	for _, s := range w.stores() {
		s.state.Changed = true
		if err := s.replace(ctx); err != nil {
			return err
		}
	}
	if err := w.writeSettings(ctx); err != nil {
		return err
	}
	var refused []error
	for _, s := range w.stores() {
		if _, err := s.apply(ctx); err != nil {
			if !isPartError(err) {
				return err
			}
			refused = append(refused, err)
		}
	}
	return errors.Join(refused...)
}

// withRebuild runs do, and if DuckDB gave the private file up on the way, runs
// it once more on one that is made again from the lake.
func (w *Warehouse) withRebuild(ctx context.Context, do func() error) error {
	err := do()
	if err == nil || !isFatal(err) || ctx.Err() != nil {
		return err
	}
	if e := w.remake(ctx, err.Error()); e != nil && !isPartError(e) {
		return errors.Join(err, e)
	}
	return do()
}
