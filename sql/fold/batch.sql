-- Slices that are applied together; round is a slice's place among those of its scope, of a post, list, link or folder among its own, in the order of last pages.
-- is_only: no other slice of the scope was ever applied, so no row can be missing from it.
-- judges: the rows of earnings that a complete window has all of; on the older surface earnings have only the sales and reversals stand apart.
-- The columns come in the order in which the program appends them.
CREATE OR REPLACE TEMP TABLE batch (
    path VARCHAR,
    file_no BIGINT,
    slice_no BIGINT,
    is_only BOOLEAN,
    slice_id VARCHAR,
    part_id VARCHAR,
    slice_index BIGINT,
    table_name VARCHAR,
    stream VARCHAR,
    creator_id UUID,
    fan_id VARCHAR,
    parent VARCHAR,
    window_start TIMESTAMP,
    window_end TIMESTAMP,
    walk_start_at TIMESTAMP,
    walk_end_at TIMESTAMP,
    is_complete BOOLEAN,
    row_count BIGINT,
    rejected_count BIGINT,
    head_count BIGINT,
    first_seq BIGINT,
    first_page BIGINT,
    last_seq BIGINT,
    last_page BIGINT,
    run_id VARCHAR,
    round BIGINT,
    surface VARCHAR,
    surface_rank INTEGER,
    judges VARCHAR
)
