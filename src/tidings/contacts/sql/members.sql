-- name: members
-- Memberships in top-level lists with their contact and the groups of that list. Null arguments do not narrow.
SELECT m.id AS member_id_, m.list_id AS list_id_, m.created_at AS joined_at_,
       ARRAY(SELECT g.list_id FROM contact_lists g JOIN lists gl ON gl.id = g.list_id
             WHERE g.contact_id = m.contact_id AND gl.parent_id = m.list_id ORDER BY g.list_id) AS groups_
FROM contact_lists m JOIN lists l ON l.id = m.list_id AND l.parent_id IS NULL JOIN contacts c ON c.id = m.contact_id
WHERE ($1::bigint[] IS NULL OR m.id = ANY($1)) AND ($2::bigint IS NULL OR m.list_id = $2)
  AND ($3::text IS NULL OR lower(c.email) LIKE $3) AND ($4::text IS NULL OR c.phone LIKE $4)
  AND ($5::text IS NULL OR lower(concat_ws(' ', c.first_name, c.last_name)) LIKE $5)
  AND ($6::bigint IS NULL OR EXISTS (SELECT 1 FROM contact_lists g WHERE g.contact_id = m.contact_id AND g.list_id = $6))

-- name: lock_member
SELECT m.contact_id, m.list_id FROM contact_lists m JOIN lists l ON l.id = m.list_id AND l.parent_id IS NULL
WHERE m.id = $1

-- name: leave_audience
-- The membership and the groups of that audience; their facts.
WITH gone AS (
    DELETE FROM contact_lists m USING lists l
    WHERE m.contact_id = $1 AND l.id = m.list_id AND (l.id = $2 OR l.parent_id = $2) RETURNING m.list_id)
INSERT INTO facts (kind, contact_id, subject_id, data)
SELECT 'lists_removed', $1, $2, jsonb_build_object('list_ids', jsonb_agg(list_id ORDER BY list_id)) FROM gone HAVING count(*) > 0

