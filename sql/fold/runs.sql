-- Run records, from the JSON of runs/: runs, what they cost, what they saw of the API.
CREATE OR REPLACE TEMP TABLE records AS
SELECT j.* FROM (
    SELECT unnest(from_json(CAST(? AS JSON), '[{"run_id":"VARCHAR","seq":"BIGINT","started_at":"TIMESTAMPTZ","finished_at":"TIMESTAMPTZ","status":"VARCHAR","trigger":"VARCHAR","tool_version":"VARCHAR","api_version":"VARCHAR","surface":"VARCHAR","requests":"BIGINT","refused":"BIGINT","rows_loaded":"BIGINT","rejects":"BIGINT","wait_ms":"BIGINT","bytes":"BIGINT","exit_status":"BIGINT","foreign_requests":"BIGINT","error":"VARCHAR","server_time":"TIMESTAMPTZ","streams":"MAP(VARCHAR, STRUCT(slices BIGINT, failed BIGINT, requests BIGINT, refused BIGINT, rows BIGINT, rejects BIGINT, skipped VARCHAR))","drift":[{"table":"VARCHAR","path":"VARCHAR","type":"VARCHAR","count":"BIGINT"}],"lifecycle":[{"header":"VARCHAR","value":"VARCHAR"}]}]')) AS j
)
