-- name: insert
INSERT INTO pages (title, slug, mode, blocks, html, settings, form_id, list_id, group_ids, created_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) ON CONFLICT (slug) DO NOTHING RETURNING id

-- name: update
-- None when the page is gone or another one has the slug.
UPDATE pages p SET title = $2, slug = $3, mode = $4, blocks = $5, html = $6, settings = $7, form_id = $8, list_id = $9,
       group_ids = $10, version = version + 1, updated_at = $11
WHERE p.id = $1 AND NOT EXISTS (SELECT 1 FROM pages o WHERE o.slug = $3 AND o.id <> $1) RETURNING p.id

-- name: move
-- $2: the state wanted, $3: the states it may come from.
UPDATE pages SET state = $2, updated_at = $4, version = version + 1,
       published_at = CASE WHEN $2 = 'published' THEN $4 ELSE published_at END
WHERE id = $1 AND state = ANY($3::text[]) RETURNING title

-- name: counts
LEFT JOIN LATERAL (
    SELECT coalesce(sum(views), 0)::bigint AS views, coalesce(sum(submissions), 0)::bigint AS submissions
    FROM page_tallies WHERE page_id = p.id) t ON true

-- name: count_views
-- $1: page ids, one for each view; pages that are gone meanwhile count nothing.
INSERT INTO page_tallies (page_id, day, views)
SELECT p.id, $2, count(*) FROM unnest($1::bigint[]) AS v (page_id) JOIN pages p ON p.id = v.page_id GROUP BY p.id

-- name: stamps
SELECT p.slug, p.id AS page_id, p.version, f.updated_at AS form_at
FROM pages p LEFT JOIN forms f ON f.id = p.form_id AND f.state = 'published'
WHERE p.slug = ANY($1::text[]) AND p.state = 'published'

-- name: preference_pages
-- Pages with the preference form: all of them, or $1.
SELECT id, title, slug, state = 'published' AS is_published FROM pages
WHERE ($1::bigint IS NULL OR id = $1)
  AND CASE mode WHEN 'blocks' THEN blocks @> '[{"kind": "preferences"}]' ELSE strpos(html, '{{preferences}}') > 0 END
ORDER BY lower(title), id
