-- Reads every value of a part.
SELECT CAST(count(*) AS VARCHAR) AS row_count, CAST(bit_xor(hash(p)) AS VARCHAR) AS hash FROM read_parquet(?) p
