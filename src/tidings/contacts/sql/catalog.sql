-- name: list_lists
SELECT l.id, l.parent_id, l.title, l.slug, l.description, l.is_public, l.color, l.is_dynamic, l.settings, l.created_at, l.updated_at,
       coalesce(n.contacts, 0)::bigint AS contacts_count, coalesce(n.emails, 0)::bigint AS emails_count,
       coalesce(n.phones, 0)::bigint AS phones_count
FROM lists l LEFT JOIN LATERAL (
    SELECT sum(contacts) AS contacts, sum(emails) AS emails, sum(phones) AS phones FROM tallies
    WHERE scope = 'list' AND key = l.id) n ON true
WHERE ($1::bigint[] IS NULL OR l.id = ANY($1)) AND ($2::text = '' OR lower(l.title) LIKE $2 OR l.slug LIKE $2)
  AND ($3::bigint IS NULL OR l.parent_id = $3) AND (NOT $4::bool OR l.parent_id IS NULL)

-- name: count_lists
SELECT count(*) FROM lists l
WHERE ($1::bigint[] IS NULL OR l.id = ANY($1)) AND ($2::text = '' OR lower(l.title) LIKE $2 OR l.slug LIKE $2)
  AND ($3::bigint IS NULL OR l.parent_id = $3) AND (NOT $4::bool OR l.parent_id IS NULL)

-- name: list_tags
SELECT t.id, t.title, t.slug, t.description, t.created_at, t.updated_at,
       coalesce((SELECT sum(contacts) FROM tallies WHERE scope = 'tag' AND key = t.id), 0)::bigint AS contacts_count
FROM tags t
WHERE ($1::bigint[] IS NULL OR t.id = ANY($1)) AND ($2::text = '' OR lower(t.title) LIKE $2 OR t.slug LIKE $2)

-- name: count_tags
SELECT count(*) FROM tags t
WHERE ($1::bigint[] IS NULL OR t.id = ANY($1)) AND ($2::text = '' OR lower(t.title) LIKE $2 OR t.slug LIKE $2)

-- name: insert_list
INSERT INTO lists (parent_id, title, slug, description, is_public, color, is_dynamic, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (slug) DO NOTHING RETURNING id

-- name: insert_tag
INSERT INTO tags (title, slug, description, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
ON CONFLICT (slug) DO NOTHING RETURNING id

-- name: fields
SELECT slug, label, kind, group_name, options, help FROM custom_fields WHERE subject = $1 ORDER BY position, id

-- name: replace_fields
INSERT INTO custom_fields (subject, slug, label, kind, group_name, options, help, position)
SELECT $1, f.slug, f.label, f.kind, f.group_name, coalesce(f.options, '{}'), coalesce(f.help, ''), f.position
FROM jsonb_to_recordset($2) AS f (slug text, label text, kind text, group_name text, options text[], help text, position int)
ON CONFLICT (subject, slug) DO UPDATE SET label = excluded.label, kind = excluded.kind, group_name = excluded.group_name,
    options = excluded.options, help = excluded.help, position = excluded.position

-- name: drop_fields
DELETE FROM custom_fields WHERE subject = $1 AND NOT slug = ANY($2::text[])

-- name: rename_field_group
UPDATE custom_fields SET group_name = $3 WHERE subject = $1 AND group_name = $2

-- name: terms
-- Tags of $1 and lists of $2.
SELECT true AS is_tag, id, title, slug, description, false AS is_public, NULL::bigint AS parent_id, created_at, updated_at
FROM tags WHERE id = ANY($1::bigint[])
UNION ALL
SELECT false, id, title, slug, description, is_public, parent_id, created_at, updated_at FROM lists WHERE id = ANY($2::bigint[])
