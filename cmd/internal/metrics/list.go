package metrics

import "github.com/prometheus/client_golang/prometheus"

// A Metric is one of the list.
type Metric struct {
	Name   string
	Help   string
	Labels []string // beside account
}

// All lists the metrics. Counters count since the first run, over restarts.
func All() []Metric {
	return []Metric{
		{"fanlake_readable", "Whether run records and published warehouse of the account could be read.", nil},
		{"fanlake_runs_total", "Runs that ended, by their status; what checks find of the data is none.", []string{"status"}},
		{"fanlake_run_exits_total", "Runs that ended with a word, by exit status: 6 of those whose checks found something, also where their status is ok.", []string{"exit_status"}},
		{"fanlake_requests_total", "Requests to the API, by stream and status of the answer; none is without an answer.", []string{"stream", "status"}},
		{"fanlake_budget_used_requests_total", "Requests that the rate limit counted, whatever the answer.", nil},
		{"fanlake_budget_wasted_requests_total", "Requests of these that brought nothing: refused, failed or unanswered.", nil},
		{"fanlake_budget_foreign_requests_total", "Requests of others on the same key, as far as rate headers showed any.", nil},
		{"fanlake_wait_seconds_total", "Time in which requests waited, by what for.", []string{"reason"}},
		{"fanlake_rows_loaded_total", "Rows that were new or had changed.", nil},
		{"fanlake_rows_rejected_total", "Rows that could not be typed.", nil},
		{"fanlake_received_bytes_total", "Bytes of the answers, unpacked.", nil},
		{"fanlake_slices_total", "Slices that were read, by stream.", []string{"stream"}},
		{"fanlake_slices_failed_total", "Slices that failed, by stream.", []string{"stream"}},
		{"fanlake_phase_seconds_total", "Time that runs took, by phase, such as read and publish.", []string{"phase"}},
		{"fanlake_last_run_timestamp_seconds", "When the newest run that ended did so.", nil},
		{"fanlake_last_run_duration_seconds", "How long that run took.", nil},
		{"fanlake_last_run_exit_status", "Exit status of that run.", nil},
		{"fanlake_last_publish_seconds", "How long that run took to publish.", nil},
		{"fanlake_last_success_timestamp_seconds", "When the newest run ended that read all that was due: no backfill, and none narrowed by flags.", nil},
		{"fanlake_key_first_used_timestamp_seconds", "When the API key in use was used first.", nil},
		{"fanlake_published_timestamp_seconds", "When the published warehouse last changed.", nil},
		{"fanlake_warehouse_bytes", "Size of a published file.", []string{"file"}},
		{"fanlake_complete_timestamp_seconds", "Up to when the stream of a creator is complete, by the API's clock; the lag is the time since. Without a creator it is the account's.", []string{"creator", "stream"}},
		{"fanlake_missing_windows", "Windows of a creator's earnings that are missing before that.", []string{"creator"}},
		{"fanlake_failing_checks", "Checks with findings about a creator.", []string{"creator"}},
	}
}

func descs() map[string]*prometheus.Desc {
	d := map[string]*prometheus.Desc{
		"fanlake_build_info": prometheus.NewDesc("fanlake_build_info", "Always 1; the label says which version runs.", []string{"version"}, nil),
	}
	for _, m := range All() {
		d[m.Name] = prometheus.NewDesc(m.Name, m.Help, append([]string{"account"}, m.Labels...), nil)
	}
	return d
}
