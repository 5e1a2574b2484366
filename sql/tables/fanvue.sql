-- The schema fanvue and what stands in it beside the table values.
CREATE SCHEMA fanvue;

CREATE TABLE fanvue.earning_status_changes (
    creator_id UUID,
    earning_id UUID,
    status VARCHAR,
    seen_at TIMESTAMP
);
COMMENT ON TABLE fanvue.earning_status_changes IS 'One row per earning and change of its status, the first included.';
COMMENT ON COLUMN fanvue.earning_status_changes.creator_id IS 'Creator, as uuid of the platform.';
COMMENT ON COLUMN fanvue.earning_status_changes.earning_id IS 'Earning, as in fanvue.earnings.';
COMMENT ON COLUMN fanvue.earning_status_changes.status IS 'Status from then on, as served.';
COMMENT ON COLUMN fanvue.earning_status_changes.seen_at IS 'Server time (UTC) of the answer that first had it; the change itself was earlier.';
