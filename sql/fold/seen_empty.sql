-- Keys of the batch with the round in which they were seen.
CREATE OR REPLACE TEMP TABLE seen AS
SELECT slice_no, CAST(0 AS BIGINT) AS seen_round, {{list "" .Seen}} FROM temp.delta LIMIT 0
