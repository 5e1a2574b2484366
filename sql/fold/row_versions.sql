-- First and last version of the rows of a part.
SELECT coalesce(arg_min(_run_seq, (_run_seq, _page)), 0), coalesce(arg_min(_page, (_run_seq, _page)), 0),
    coalesce(arg_max(_run_seq, (_run_seq, _page)), 0), coalesce(arg_max(_page, (_run_seq, _page)), 0),
    epoch_us(CAST(min(_fetched_at) AS TIMESTAMP)), epoch_us(CAST(max(_fetched_at) AS TIMESTAMP))
FROM read_parquet(?)
