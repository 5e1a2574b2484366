package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"fanlake/configs"
	"fanlake/load/statement"
	"fanlake/load/statement/commission"
)

func newPayoutStatement(p *program) *cobra.Command {
	var o statementOptions
	cmd := &cobra.Command{
		Use:   "payout",
		Short: "Write what the agency takes of a creator's month, and owes",
		Long: `Print an agency's payout statement of a creator's month, and keep it like the
earnings statement of the month, in statements/<creator>/payout-<yyyy-mm>/v1.
Commission follows the terms that are in force in the month (commission of the
account): of the net or the gross, by tiers, with what was carried from months
before, and bonuses, advances and deductions (adjustments) beside it.

It is made of the rows of the earnings statement and final when that one is.
What the platform changes later stands in the next month's.`,
		Example: `  fanlake statement payout --month 2026-10 --creator ava
  fanlake statement payout --creator ava --format pdf -o ./out`,
		Args:        noArguments,
		Annotations: exits(errMismatch),
		RunE: func(cmd *cobra.Command, _ []string) error {
			params, err := o.params()
			if err != nil {
				return err
			}
			return runStatement(cmd.Context(), p, o, func(options statement.Options) (*statement.Statement, error) {
				return statement.Payout(cmd.Context(), options, params)
			})
		},
	}
	o.monthFlag(cmd)
	o.flags(cmd)
	return cmd
}

func newTaxYear(p *program) *cobra.Command {
	var o statementOptions
	var start string
	cmd := &cobra.Command{
		Use:   "tax-year",
		Short: "Write the totals of a creator's tax year for an accountant",
		Long: `Print the totals of the twelve months from a day on, by month and quarter, in US
dollars and at the rates of the configuration (fx) in another currency, and keep
them with all transactions in statements/<creator>/tax-year-<start>/v1. The
platform's fee is a line of its own. Without a rate for a month the year is not
converted.

Fans are pseudonyms. Not tax advice, not issued by Fanvue.`,
		Example: `  fanlake statement tax-year --start 2025-04-06 --creator ava
  fanlake statement tax-year --start 2026-01-01 --creator ava -o ./for-the-accountant`,
		Args:        noArguments,
		Annotations: exits(errMismatch),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if start == "" {
				return errUsage.wrap(errors.New("--start: missing; say on which day the tax year begins, such as --start 2025-04-06"))
			}
			day, err := time.Parse(time.DateOnly, start)
			if err != nil {
				return errUsage.wrap(fmt.Errorf("--start %q: want the first day of a tax year, such as 2025-04-06", start))
			}
			return runStatement(cmd.Context(), p, o, func(options statement.Options) (*statement.Statement, error) {
				return statement.TaxYear(cmd.Context(), options, statement.YearParams{Creator: o.creator, Start: day, Restate: o.restate})
			})
		},
	}
	cmd.Flags().StringVar(&start, "start", "", "first `DAY` of the year, such as 2025-04-06 (required)")
	o.flags(cmd)
	return cmd
}

// termsOf are the terms and adjustments of an account's creators.
func termsOf(account configs.Account) (map[string][]commission.Terms, map[string][]commission.Adjustment) {
	terms, adjustments := map[string][]commission.Terms{}, map[string][]commission.Adjustment{}
	for _, c := range account.Commission {
		t := commission.Terms{Contract: c.Contract, From: c.From, Basis: c.Basis, Rewards: c.Rewards, Chargebacks: c.Chargebacks, Minimum: c.Minimum}
		for _, tier := range c.Tiers {
			t.Tiers = append(t.Tiers, commission.Tier{UpTo: tier.UpToCents, BPS: tier.BPS})
		}
		terms[c.Creator] = append(terms[c.Creator], t)
	}
	for _, a := range account.Adjustments {
		adjustments[a.Creator] = append(adjustments[a.Creator], commission.Adjustment{Day: a.Date, Kind: a.Kind, Cents: a.Cents, Text: a.Text})
	}
	return terms, adjustments
}

// A writing is what a run over all creators wrote.
type writing struct{ written, final, waiting int }

// writeStatements writes the statements of the last month that is over for every
// creator, and those of months before that were not final when they were written:
// of earnings, and of payouts where terms are in force. One creator's error stops
// nobody else's.
func writeStatements(ctx context.Context, o statement.Options) (w writing, err error) {
	creators, err := statement.Creators(ctx, o.Warehouse)
	if err != nil {
		return w, err
	}
	var errs []error
	for _, creator := range creators {
		months, err := statement.Due(ctx, o, creator)
		for _, month := range months {
			if err = errors.Join(err, w.write(ctx, o, statement.Params{Creator: creator, Month: month})); ctx.Err() != nil {
				return w, ctx.Err()
			}
		}
		if err != nil {
			errs = append(errs, statementError(err))
		}
	}
	return w, errors.Join(errs...)
}

// write writes what there is to say of one creator and month.
func (w *writing) write(ctx context.Context, o statement.Options, p statement.Params) error {
	for _, make := range []func(context.Context, statement.Options, statement.Params) (*statement.Statement, error){statement.Earnings, statement.Payout} {
		s, err := make(ctx, o, p)
		switch {
		case errors.Is(err, statement.ErrNoMonth):
			return nil
		case errors.Is(err, statement.ErrNoTerms):
			return nil
		case err != nil:
			return err
		case s.Kept != nil && s.Kept.Final():
			continue // it is frozen already
		}
		v, err := statement.Keep(o, s)
		if err != nil {
			return err
		}
		if w.written++; v.Final() {
			w.final++
		} else {
			w.waiting++
		}
	}
	return nil
}
