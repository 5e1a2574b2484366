-- Intervals of the columns that have a history: one begins with each row of the batch that has another content than the row of its key before.
-- What counts are the rows in the order of their versions, so it is the same however they are spread over batches.
CREATE OR REPLACE TEMP TABLE begun AS
WITH events AS (
    SELECT {{list "d." .Key}}, {{list "d." .History}}, d._run_id, d._event, h.valid_from AS open_from,
        row({{list "d." .History}}) IS DISTINCT FROM row({{list "h." .History}}) OR h.valid_from IS NULL AS is_new,
        lag(row({{list "d." .History}})) OVER w IS DISTINCT FROM row({{list "d." .History}}) AS differs,
        lag(d._event) OVER w IS NULL AS is_first,
        greatest(h.valid_from, max(d._fetched_at) OVER (w ROWS UNBOUNDED PRECEDING)) AS valid_from
    FROM temp.delta d
    LEFT JOIN {{.Target}}_history h ON h.valid_to IS NULL AND {{match "h" "d" .Key}}
    WINDOW w AS (PARTITION BY {{list "d." .Key}} ORDER BY d._event)
)
SELECT * EXCLUDE (is_new, differs, is_first),
    lead(valid_from) OVER (PARTITION BY {{list "" .Key}} ORDER BY _event) AS valid_to,
    lag(_event) OVER (PARTITION BY {{list "" .Key}} ORDER BY _event) IS NULL AS ends_open
FROM events
WHERE CASE WHEN is_first THEN is_new ELSE differs END;
UPDATE {{.Target}}_history h SET valid_to = b.valid_from FROM temp.begun b
WHERE h.valid_to IS NULL AND b.ends_open AND {{match "h" "b" .Key}};
INSERT INTO {{.Target}}_history BY NAME
SELECT {{list "" .Key}}, {{list "" .History}}, valid_from, valid_to, _run_id FROM temp.begun
