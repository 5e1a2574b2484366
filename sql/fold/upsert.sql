-- Puts the changes in place. Deleting and inserting touches less of a large table than updating every column.
DELETE FROM {{.Target}} t USING temp.change c WHERE c.is_known AND {{match "t" "c" .Match}};
INSERT INTO {{.Target}} BY NAME SELECT * EXCLUDE (is_known{{if eq .Fold "messages"}}, prior_sent_at, is_retold, is_repriced{{end}}) FROM temp.change{{if .Time}} ORDER BY {{.Time}}{{end}}
