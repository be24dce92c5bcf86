-- name: met
-- Companies that drafts meet, by id or by name ($2, as written: `met_name_`), locked in id order.
SELECT {columns}, n.name AS met_name_ FROM companies k
LEFT JOIN unnest($2::text[]) AS n (name) ON lower(n.name) = lower(k.name)
WHERE k.id = ANY($1::bigint[]) OR lower(k.name) = ANY(SELECT lower(w) FROM unnest($2::text[]) AS w)
ORDER BY k.id FOR UPDATE OF k

-- name: insert
-- A name that came up meanwhile is left out: the caller meets it as an existing one.
INSERT INTO companies AS k ({writable}, custom, created_at, updated_at)
SELECT {values}, coalesce(jsonb_strip_nulls(r.custom), '{}'), $2, $2
FROM jsonb_array_elements($1) WITH ORDINALITY AS e (j, n), jsonb_populate_record(NULL::companies, e.j) r ORDER BY e.n
ON CONFLICT (lower(name)) DO NOTHING RETURNING k.id, k.name

-- name: delete
WITH gone AS (DELETE FROM companies WHERE id = ANY($1::bigint[]) RETURNING id, name),
told AS (INSERT INTO facts (kind, subject_id, data) SELECT 'company_deleted', id, jsonb_build_object('name', name) FROM gone)
SELECT id FROM gone

-- name: of_contacts
SELECT m.contact_id AS contact_id_, m.created_at AS joined_at_, {columns}
FROM contact_companies m JOIN companies k ON k.id = m.company_id
WHERE m.contact_id = ANY($1::bigint[]) ORDER BY m.contact_id, m.created_at, m.company_id

-- name: words_in_use
SELECT type AS word, 'type' AS kind FROM companies WHERE type IS NOT NULL GROUP BY type
UNION ALL SELECT industry, 'industry' FROM companies WHERE industry IS NOT NULL GROUP BY industry
