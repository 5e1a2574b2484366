-- Keys and content hashes of the rows of a part, in the order of the file.
SELECT {{range .KeyTypes}}{{if eq .Type "TIMESTAMP"}}epoch_us(CAST({{.Name}} AS TIMESTAMP)){{else if eq .Type "DATE"}}CAST({{.Name}} AS DATE) - DATE '1970-01-01'{{else}}CAST({{.Name}} AS {{duck .}}){{end}}, {{end}}CAST(_hash AS BIGINT)
FROM read_parquet(?, file_row_number = true)
ORDER BY file_row_number
