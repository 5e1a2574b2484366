package transform_test

import (
	"testing"
)

func TestEarnings(t *testing.T) {
	t.Parallel()
	s := seal(t, "earnings", false)
	slice := s.add(input("earnings", `{"data":[
	 {"date":"2026-11-01T10:20:30.123Z","gross":1000,"net":800,"total":1200,"currency":"GBP","source":"message",
	  "transactionOrderId":"FV-1","transactionOrderStatus":"pendingBalance","messageUuid":"AAAAAAAA-0000-4000-8000-000000000001",
	  "user":{"uuid":"`+fan+`","handle":"bob","displayName":"Bob \"B\"","nickname":null,"isTopSpender":true}},
	 {"source":"referral","net":50,"gross":50,"date":"2026-11-01T10:20:30+01:00","user":null,"currency":null},
	 {"date":"2026-10-31","gross":-1000,"net":-800,"source":"refund","reversedTransactionOrderId":"FV-1","transactionOrderId":""}
	],"nextCursor":null}`))
	if slice.Rows != 3 || slice.Rejected != 0 || !slice.Complete || slice.CreatorID != creator {
		t.Errorf("slice %+v", slice)
	}
	s.close()
	rows, _ := read(t, s.rows.Bytes())
	wantLines(t, rows, "creator_id earned_at source gross_cents net_cents total_cents fan_currency",
		creator+" 2026-11-01T10:20:30.123 message 1000 800 1200 GBP",
		creator+" 2026-11-01T09:20:30 referral 50 50 - -",
		creator+" 2026-10-31T00:00:00 refund -1000 -800 - -")
	wantLines(t, rows, "transaction_order_id reversed_transaction_order_id transaction_order_status message_id post_id",
		"FV-1 - pendingBalance aaaaaaaa-0000-4000-8000-000000000001 -",
		"- - - - -",
		" FV-1 - - -")
}
