-- Bounds of one chunk, half open.
SET VARIABLE chunk_from = (SELECT from_at FROM temp.bounds WHERE chunk = getvariable('chunk'));
SET VARIABLE chunk_to = (SELECT coalesce(min(from_at), CAST('infinity' AS {{.TimeType}})) FROM temp.bounds WHERE chunk > getvariable('chunk'))
