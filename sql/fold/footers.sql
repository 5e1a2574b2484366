-- Footers, numbers of rows and names of the columns of several parts; it fails if one of them cannot be read.
SELECT m.file_name, decode(k.value) AS footer, m.num_rows, s.columns
FROM parquet_file_metadata({{.Paths}}) m
LEFT JOIN (SELECT file_name, value FROM parquet_kv_metadata({{.Paths}}) WHERE decode(key) = {{.Key}}) k USING (file_name)
LEFT JOIN (SELECT file_name, string_agg(DISTINCT name, chr(31)) AS columns FROM parquet_schema({{.Paths}}) GROUP BY file_name) s USING (file_name)
