-- Folders of the statements that are loaded.
SELECT path FROM meta.statements
