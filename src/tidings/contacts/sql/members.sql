-- name: members
-- Memberships in top-level lists with their contact and the groups of that list. What narrows them is in `members`.
SELECT m.id AS member_id_, m.list_id AS list_id_, m.created_at AS joined_at_,
       ARRAY(SELECT g.list_id FROM contact_lists g JOIN lists gl ON gl.id = g.list_id
             WHERE g.contact_id = m.contact_id AND gl.parent_id = m.list_id ORDER BY g.list_id) AS groups_
FROM contact_lists m JOIN lists l ON l.id = m.list_id AND l.parent_id IS NULL JOIN contacts c ON c.id = m.contact_id

-- name: count_members
-- All members, or those of one audience, from the tallies.
SELECT coalesce(sum(t.contacts), 0)::bigint FROM tallies t JOIN lists l ON l.id = t.key AND l.parent_id IS NULL
WHERE t.scope = 'list' AND ($1::bigint IS NULL OR t.key = $1)

-- name: some_members
-- Members to be narrowed; what their contacts are is joined where it is asked for.
FROM contact_lists m JOIN lists l ON l.id = m.list_id AND l.parent_id IS NULL

-- name: people_of_members
JOIN contacts c ON c.id = m.contact_id

-- name: lock_member
SELECT m.contact_id, m.list_id FROM contact_lists m JOIN lists l ON l.id = m.list_id AND l.parent_id IS NULL
WHERE m.id = $1

-- name: leave_audience
-- The membership and the groups of that audience; their fact.
WITH gone AS (
    DELETE FROM contact_lists m USING lists l
    WHERE m.contact_id = $1 AND l.id = m.list_id AND (l.id = $2 OR l.parent_id = $2) RETURNING m.list_id, m.id, m.created_at)
INSERT INTO facts (kind, contact_id, subject_id, data)
SELECT 'lists_removed', $1, $2, jsonb_build_object(
    'list_ids', jsonb_agg(list_id ORDER BY list_id), 'members', jsonb_agg(jsonb_build_array(id, list_id, created_at) ORDER BY list_id)) FROM gone HAVING count(*) > 0

-- name: has_other_lists
-- Whether a contact stays on a list when it leaves an audience with its groups.
SELECT EXISTS (SELECT 1 FROM contact_lists m JOIN lists l ON l.id = m.list_id
               WHERE m.contact_id = $1 AND l.id <> $2 AND l.parent_id IS DISTINCT FROM $2)
