-- name: duplicate
-- A copy is a draft until somebody publishes it.
INSERT INTO templates (title, language, subject, preheader, body, design, footer, look, settings, created_by, created_at,
                       updated_at)
SELECT $2, language, subject, preheader, body, design, footer, look, settings, $3, $4, $4
FROM templates WHERE id = $1 RETURNING id

-- name: move
-- $1: ids, or null for every template.
WITH moved AS (UPDATE templates SET state = $2, updated_at = $3
    WHERE ($1::bigint[] IS NULL OR id = ANY($1)) AND state <> $2 RETURNING id)
SELECT count(*) FROM moved

-- name: delete
-- $1: ids, or null for every template. The facts are written with it.
WITH gone AS (DELETE FROM templates WHERE $1::bigint[] IS NULL OR id = ANY($1) RETURNING id, title),
told AS (INSERT INTO facts (kind, subject_id, data)
    SELECT 'template_deleted', id, jsonb_build_object('title', title) FROM gone)
SELECT count(*) FROM gone

-- name: take
-- Several at once, in their order.
INSERT INTO templates (created_by, created_at, updated_at, title, body, subject, preheader, design, footer, language, look)
SELECT $1, $2, $2, title, body, subject, preheader, design, footer, language, look
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::jsonb[])
    WITH ORDINALITY AS u (title, body, subject, preheader, design, footer, language, look, n) ORDER BY n
RETURNING id
