-- Every scope of a table is done.
DELETE FROM load.unfinished WHERE table_name = ?
