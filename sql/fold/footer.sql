-- Footer, number of rows and names of the columns of one part: path, key of the footer, path, path.
SELECT (SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = ?) AS footer, (SELECT num_rows FROM parquet_file_metadata(?)) AS row_count,
    (SELECT string_agg(DISTINCT name, chr(31)) FROM parquet_schema(?)) AS columns
