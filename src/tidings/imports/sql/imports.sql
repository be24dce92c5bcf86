-- name: insert_import
INSERT INTO imports (user_id, file_name, path, dialect, mapping, options, bytes_total, bytes_done, lines_done, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id

-- name: configure
-- Only before the first row is in: what is merged already followed the old decisions.
UPDATE imports SET dialect = $2, mapping = $3, options = $4, bytes_done = $5, lines_done = $6, error = NULL
WHERE id = $1 AND rows_done = 0 AND state IN ('uploaded', 'stopped', 'failed') RETURNING id

-- name: queue
UPDATE imports SET state = 'queued', error = NULL, finished_at = NULL
WHERE id = $1 AND state IN ('uploaded', 'stopped', 'failed') AND mapping <> '{}' RETURNING id

-- name: begin
UPDATE imports SET state = 'running', started_at = coalesce(started_at, $2), error = NULL, finished_at = NULL
WHERE id = $1 AND state IN ('uploaded', 'queued', 'running', 'stopped', 'failed') AND mapping <> '{}' RETURNING id

-- name: lock
-- The row as it is now; whoever merges a chunk holds it until the chunk is in.
SELECT state, bytes_done, rows_done FROM imports WHERE id = $1 FOR UPDATE

-- name: advance
UPDATE imports SET bytes_done = $2, lines_done = $3, rows_done = rows_done + $4 + $5 + $6 + $7,
       created = created + $4, updated = updated + $5, skipped = skipped + $6, rejected = rejected + $7
WHERE id = $1

-- name: stop
UPDATE imports SET state = CASE state WHEN 'running' THEN 'stopping' ELSE 'stopped' END
WHERE id = $1 AND state IN ('queued', 'running') RETURNING id

-- name: finish
UPDATE imports SET state = $2, error = $3, finished_at = $4 WHERE id = $1 AND state IN ('running', 'stopping')
RETURNING file_name, rows_done, created, updated, skipped, rejected

-- name: give_up
UPDATE imports SET state = 'failed', error = $2, finished_at = $3
WHERE id = $1 AND state IN ('queued', 'running', 'stopping')

-- name: words
-- Ids by title, slug or number; the table is put in by the caller.
SELECT id, slug, lower(title) AS title FROM %s
WHERE id::text = ANY($1::text[]) OR slug = ANY($2::text[]) OR lower(title) = ANY($3::text[]) ORDER BY id DESC

-- name: make_words
INSERT INTO %s (title, slug, created_at, updated_at)
SELECT t, s, $3, $3 FROM unnest($1::text[], $2::text[]) AS w (t, s) ORDER BY s
ON CONFLICT (slug) DO NOTHING RETURNING id, slug, lower(title) AS title

-- name: rejects
SELECT line, reason, row FROM import_rejects WHERE import_id = $1 ORDER BY line

-- name: some_rejects
SELECT line, reason, row FROM import_rejects WHERE import_id = $1 ORDER BY line LIMIT $2
