-- Takes a version out whose folder is gone; the one that it replaced counts again.
DELETE FROM load.statement_lines WHERE path = getvariable('statement_path');
DELETE FROM meta.statements WHERE path = getvariable('statement_path');
UPDATE meta.statements s SET is_current = NOT EXISTS (
    SELECT 1 FROM meta.statements o
    WHERE o.creator_id = s.creator_id AND o.kind = s.kind AND o.period_month = s.period_month AND o.version > s.version);
