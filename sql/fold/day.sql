-- Day of the newest time that the server said in any run.
SELECT coalesce(strftime(max(server_time), '%Y-%m-%d'), '') AS day FROM meta.runs
