-- Number of the rows of parts and a digest of 128 bits over every value, each row with its place.
SELECT CAST(count(*) AS VARCHAR) || ' ' || coalesce(CAST(sum(CAST(md5_number_lower(line) AS HUGEINT)) AS VARCHAR) || ' ' || CAST(sum(CAST(md5_number_upper(line) AS HUGEINT)) AS VARCHAR), '') AS digest
FROM (
    SELECT CAST(to_json(r) AS VARCHAR) AS line
    FROM (
        SELECT * EXCLUDE (_part_file, file_row_number) REPLACE (CAST(_slice + getvariable('slices_before')[_part_file] AS BIGINT) AS _slice),
            file_row_number + getvariable('rows_before')[_part_file] AS _place
        FROM read_parquet(getvariable('paths'), filename = '_part_file', file_row_number = true, union_by_name = true)
    ) r
)
