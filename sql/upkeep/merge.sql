-- Writes the rows of several parts into one, in their order; a slice's index counts on over the parts.
COPY (
    SELECT * EXCLUDE (_part_file) REPLACE (CAST(_slice + getvariable('slices_before')[_part_file] AS BIGINT) AS _slice)
    FROM read_parquet(getvariable('paths'), filename = '_part_file', union_by_name = true)
) TO {{.To}} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880, KV_METADATA {{"{"}}{{.Key}}: {{.Footer}}{{"}"}})
