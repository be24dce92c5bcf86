-- name: duplicate
INSERT INTO patterns (slug, title, content, category, description, is_synced, created_by, created_at, updated_at)
SELECT $2, $3, content, category, description, is_synced, $4, $5, $5 FROM patterns WHERE id = $1 RETURNING id

-- name: delete
-- The facts are written with it.
WITH gone AS (DELETE FROM patterns WHERE id = ANY($1::bigint[]) RETURNING id, title),
told AS (INSERT INTO facts (kind, subject_id, data)
    SELECT 'pattern_deleted', id, jsonb_build_object('title', title) FROM gone)
SELECT count(*) FROM gone

-- name: make_category
-- The row there is when the name is taken.
INSERT INTO pattern_categories (name, slug) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id

-- name: delete_category
-- None when there is no such category; its patterns are in none afterwards.
WITH gone AS (DELETE FROM pattern_categories WHERE id = $1 RETURNING id, name),
left_behind AS (UPDATE patterns SET category = '', updated_at = $2 FROM gone WHERE category = gone.name)
SELECT id FROM gone

-- name: categories
SELECT c.id, c.name, c.slug, (SELECT count(*) FROM patterns p WHERE p.category = c.name) AS count
FROM pattern_categories c
