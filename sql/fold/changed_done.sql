-- The marts have seen what changed, and the checks too.
DELETE FROM load.changed_earnings;
DELETE FROM load.changed_messages;
DELETE FROM load.unchecked
