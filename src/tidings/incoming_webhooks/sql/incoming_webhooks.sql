-- name: insert
INSERT INTO webhooks (kind, name, status, list_ids, tag_ids, company_ids, mapping, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT DO NOTHING RETURNING id

-- name: update
UPDATE webhooks SET name = $2, status = $3, list_ids = $4, tag_ids = $5, company_ids = $6, mapping = $7, updated_at = $8
WHERE id = $1 RETURNING id
