-- Names of the columns that the parts of the batch have.
SELECT DISTINCT name FROM parquet_schema(getvariable('paths'))
