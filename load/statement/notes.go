package statement

import "cmp"

// notes are what is to be said of this document, and then what its lines mean.
func (b *builder) notes() []string {
	notes := []string{"Not a tax document, and not issued by Fanvue."}
	for i, name := range []string{"", "The previous month", "The same month of last year"} {
		f := b.months[i]
		if f.salesOnly {
			notes = append(notes, cmp.Or(name, "This month")+" lacks refunds and chargebacks: the API's older surface has them for the key's owner alone; surface v1 has them.")
		}
		if i > 0 && f.rows > 0 && len(f.missing) > 0 {
			notes = append(notes, name+" was not read completely: its figures are of what is there.")
		}
	}
	return append(notes,
		"Gross is the creator's price; the platform fee is gross less net of each row, never a rate.",
		"Rewards are referrals, affiliate commission and giveaways: no fan paid them.",
		"Gross sales: what fans paid at the creator's price, before the platform's fee and before anything was taken back.",
		"Refunds, chargebacks and other reversals: gross of what was taken back in this month, whenever it was sold. They are negative.",
		"Net sales: gross sales with refunds, chargebacks and other reversals taken off.",
		"Platform fees: gross less net of all sales and reversals. A fee that was given back with a refund lowers them.",
		"Net earnings: net sales less platform fees, and rewards: what the month brought, whether it can be withdrawn already or not.",
		"Change: against the previous month; not shown where either is not whole or there is no base.",
		"A month that has a final statement is shown as that statement told it; what changed since stands under prior-period adjustments.",
		"Prior-period adjustments: what the platform says otherwise by now of months whose statement is final: rows that came late, rows that disappeared, amounts that changed. They are not part of net earnings of this month.",
		"By source: a reversal stands with the source of its sale; where the sale is not known, with the reversals of unknown sales.",
		"Balance: what could be withdrawn. Pending money becomes available later, so opening, earnings and closing do not add up within a month.",
		"By day: days of the time zone of this statement; one on which the clocks change has 23 or 25 hours.",
		"Subscribers: fans on the platform's complete lists that were read around the ends of the month. New are those at the end who were not there at the start, churned those at the start who are not there at the end.",
		"Paying fans: different fans with at least one sale in the month. ARPPU: net of sales and reversals, divided by them.",
		"Reconciliation: the platform's own summary leaves refunds and chargebacks out and has UTC days; it is compared over those that lie wholly in the period.",
		"Fans are pseudonyms; the same fan has the same one everywhere.",
		"Issued is when the data were last read, not when this was printed. A draft is of a month that is not over, a provisional statement may still change, a final one is frozen.",
	)
}
