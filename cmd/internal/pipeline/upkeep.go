package pipeline

import (
	"context"
	"errors"
	"fmt"

	"fanlake/load"
	"fanlake/load/checks"
)

// ErrEmpty reports an account that was never synced.
var ErrEmpty = errors.New("nothing was read yet; run fanlake sync first")

// Rebuild makes the warehouse again from the lake and publishes it. The old
// publication stays until then.
func (a Account) Rebuild(ctx context.Context, report Reporter) error {
	return a.withWarehouse(ctx, "rebuild", report, func(wh *load.Warehouse) error {
		if err := wh.Rebuild(ctx); err != nil {
			return err
		}
		_, err := wh.Finish(ctx)
		if err != nil {
			return err
		}
		_, err = wh.Publish(ctx)
		return err
	})
}

// Verify compares lake, warehouse and publication, and runs the checks. What it
// finds is returned; the error is ErrMismatch if there is anything.
func (a Account) Verify(ctx context.Context, report Reporter) (problems []load.Problem, checks []checks.Result, err error) {
	return a.verify(ctx, report, false)
}

// VerifyDeep is Verify, and folds the whole lake again to compare what that
// gives with the warehouse. It takes the time of a rebuild.
func (a Account) VerifyDeep(ctx context.Context, report Reporter) (problems []load.Problem, checks []checks.Result, err error) {
	return a.verify(ctx, report, true)
}

func (a Account) verify(ctx context.Context, report Reporter, deep bool) (problems []load.Problem, checks []checks.Result, err error) {
	err = a.withWarehouse(ctx, "verify", report, func(wh *load.Warehouse) error {
		if problems, err = wh.Verify(ctx); err != nil {
			return err
		}
		all, err := wh.Finish(ctx)
		for _, c := range all {
			if c.Failures > 0 {
				checks = append(checks, c)
			}
		}
		if err != nil || !deep {
			return err
		}
		folded, err := wh.VerifyFold(ctx)
		problems = append(problems, folded...)
		return err
	})
	if err == nil && len(problems)+len(checks) > 0 {
		err = fmt.Errorf("%w: %s, %s with findings", ErrMismatch, count(len(problems), "problem"), count(len(checks), "check"))
	}
	return problems, checks, err
}

// Compact merges small parts of the lake that were sealed before this month,
// and publishes what names them. With dry it only says what it would do.
func (a Account) Compact(ctx context.Context, report Reporter, dry bool) (c load.Compaction, err error) {
	err = a.withWarehouse(ctx, "compact", report, func(wh *load.Warehouse) error {
		if c, err = wh.Compact(ctx, dry); err != nil || dry {
			return err
		}
		if _, err := wh.Finish(ctx); err != nil {
			return err
		}
		c.Published, err = wh.Publish(ctx)
		return err
	})
	return c, err
}

// withWarehouse opens the warehouse under the lock, without the API.
func (a Account) withWarehouse(ctx context.Context, what string, report Reporter, use func(*load.Warehouse) error) (err error) {
	defer func() { err = a.explainFull(err) }()
	o, err := a.readOwner()
	if err != nil {
		return err
	}
	if o.UUID == "" {
		return fmt.Errorf("account %s: %w", a.Name, ErrEmpty)
	}
	lock, err := acquire(ctx, a.lockFile(), what)
	if err != nil {
		return err
	}
	s := &session{Account: a, report: report, owner: o}
	if s.key, err = a.existingKey(o); err != nil {
		return errors.Join(err, lock.release())
	}
	wh, err := load.Open(ctx, s.loadOptions())
	if err != nil {
		return errors.Join(err, lock.release())
	}
	if why := wh.Rebuilt(); why != "" {
		report.Step("warehouse rebuilt from the lake", "why", why)
	}
	err = use(wh)
	return errors.Join(err, wh.Close(), lock.release())
}
