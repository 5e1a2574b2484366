-- Footer and number of rows of one part: path, key of the footer, path.
SELECT (SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = ?) AS footer, (SELECT num_rows FROM parquet_file_metadata(?)) AS row_count
