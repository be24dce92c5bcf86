-- name: page_at
-- Where a page begins, and of the whole file: its pages without the end mark, and its rows.
SELECT p.byte_at, p.line_at, p.rows_before, e.number - 1 AS pages, e.rows_before AS rows
FROM import_pages p JOIN LATERAL (
    SELECT number, rows_before FROM import_pages WHERE import_id = p.import_id ORDER BY number DESC LIMIT 1) e ON true
WHERE p.import_id = $1 AND p.number = $2

-- name: put_dialect
UPDATE imports SET dialect = $2, bytes_done = $3, lines_done = $4 WHERE id = $1

-- name: count_page
UPDATE imports SET state = 'stopped', mapping = $2, options = $3, bytes_done = greatest(bytes_done, $4),
       started_at = coalesce(started_at, $5), created = created + $6, updated = updated + $7, skipped = skipped + $8,
       rejected = rejected + $9, rows_done = rows_done + $6 + $7 + $8 + $9
WHERE id = $1

-- name: end_pages
UPDATE imports SET state = 'done', finished_at = $2 WHERE id = $1 AND state <> 'done'
RETURNING file_name, rows_done, created, updated, skipped, rejected
