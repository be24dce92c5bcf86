-- name: segment_by_id
SELECT id, title, description, rules, created_by, created_at, updated_at, settings, contacts_count, counted_at
FROM segments WHERE id = $1

-- name: list_segments
SELECT id, title, description, rules, created_by, created_at, updated_at, settings, contacts_count, counted_at
FROM segments
WHERE $1 = '' OR title ILIKE $1 ORDER BY id DESC

-- name: insert_segment
INSERT INTO segments (title, description, rules, created_by, created_at, updated_at, settings)
VALUES ($1, $2, $3, $4, $5, $5, $6)
RETURNING id, title, description, rules, created_by, created_at, updated_at, settings, contacts_count, counted_at

-- name: update_segment
-- A NULL leaves its column as it is; another rule makes the count unknown.
UPDATE segments SET title = coalesce($2, title), description = coalesce($3, description),
                    rules = coalesce($4, rules), updated_at = $5, settings = coalesce($6, settings),
                    contacts_count = CASE WHEN $4::jsonb IS NULL THEN contacts_count END,
                    counted_at = CASE WHEN $4::jsonb IS NULL THEN counted_at END
WHERE id = $1
RETURNING id, title, description, rules, created_by, created_at, updated_at, settings, contacts_count, counted_at

-- name: delete_segments
DELETE FROM segments WHERE id = ANY($1::bigint[])

-- name: duplicate_segment
INSERT INTO segments (title, description, rules, created_by, created_at, updated_at, settings, contacts_count, counted_at)
SELECT $2 || title, description, rules, $3, $4, $4, settings, contacts_count, counted_at FROM segments WHERE id = $1
RETURNING id, title, description, rules, created_by, created_at, updated_at, settings, contacts_count, counted_at

-- name: keep_counts
-- One row per id; a segment whose rule was changed since it was read keeps no count of the old one.
UPDATE segments s SET contacts_count = v.n, counted_at = $4
FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS v (id, n, updated_at)
WHERE s.id = v.id AND s.updated_at = v.updated_at

-- name: compared_custom_fields
-- The custom fields that saved segments compare, wherever in their trees.
SELECT DISTINCT r.one ->> 'slug' AS slug, r.one ->> 'kind' AS kind
FROM segments s, LATERAL jsonb_path_query(s.rules, '$.** ? (@.rule == "custom_field")') AS r (one)

-- name: custom_field_indexes
SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = 'contacts'::regclass AND c.relname LIKE 'contacts\_custom\_%'
