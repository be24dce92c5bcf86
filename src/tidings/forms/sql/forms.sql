-- name: insert
INSERT INTO forms (slug, title, template, state, fields, list_ids, tag_ids, settings, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT DO NOTHING RETURNING id

-- name: update
UPDATE forms f SET title = $2, template = $3, state = $4, fields = $5, list_ids = $6, tag_ids = $7, settings = $8,
       updated_at = $9
WHERE f.id = $1 AND NOT EXISTS (SELECT 1 FROM forms o WHERE lower(o.title) = lower($2) AND o.id <> $1) RETURNING f.id

-- name: submit
INSERT INTO form_submissions (form_id, contact_id, answers, ip, agent, page_url, page_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id

-- name: list_submissions
-- {owner}: form_id or page_id. The number of each is that of the one before it on the page and those between: what
-- belongs to the owner is read once.
SELECT {columns}, (sum(s.between_) OVER (ORDER BY s.id))::bigint AS number
FROM (SELECT s.*, (SELECT count(*) FROM form_submissions o
                   WHERE o.{owner} = s.{owner} AND o.id <= s.id AND o.id > s.before_) AS between_
      FROM (SELECT s.*, coalesce(lag(s.id) OVER (ORDER BY s.id), 0) AS before_
            FROM (SELECT s.* FROM form_submissions s
                  WHERE s.{owner} = $1 AND ($2::text = '' OR s.answers::text ILIKE '%' || $2 || '%' OR s.state = $2)
                  ORDER BY s.id DESC LIMIT $3 OFFSET $4) s) s) s
ORDER BY s.id DESC
