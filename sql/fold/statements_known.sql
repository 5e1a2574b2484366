-- Folders of the statements that are loaded, with the hashes of their manifests.
SELECT path, manifest_hash FROM meta.statements
