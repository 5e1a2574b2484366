-- Known top spenders of a creator in a month, given by its first instant.
SELECT count(*)
FROM fanvue.top_spenders
WHERE creator_id = TRY_CAST(? AS UUID) AND period_month = CAST(CAST(? AS TIMESTAMP) AS DATE);
