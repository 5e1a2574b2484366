-- Notes what made the file.
INSERT INTO load.schema VALUES (?)
