-- name: add_tags
-- New memberships and their facts; $1/$2: pairs of contact and tag, $3: silent.
WITH wanted AS (SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS w (contact_id, tag_id)),
present AS (SELECT c.id FROM contacts c WHERE c.id IN (SELECT contact_id FROM wanted) ORDER BY c.id FOR KEY SHARE),
added AS (
    INSERT INTO contact_tags (contact_id, tag_id, created_at)
    SELECT DISTINCT w.contact_id, w.tag_id, $4::timestamptz FROM wanted w JOIN present p ON p.id = w.contact_id JOIN tags t ON t.id = w.tag_id
    ON CONFLICT DO NOTHING RETURNING contact_id, tag_id)
INSERT INTO facts (kind, contact_id, is_silent, data)
SELECT 'tags_added', contact_id, $3::bool, jsonb_build_object('tag_ids', jsonb_agg(tag_id ORDER BY tag_id)) FROM added GROUP BY contact_id

-- name: remove_tags
WITH gone AS (
    DELETE FROM contact_tags m USING unnest($1::bigint[], $2::bigint[]) AS w (contact_id, tag_id)
    WHERE m.contact_id = w.contact_id AND m.tag_id = w.tag_id RETURNING m.contact_id, m.tag_id)
INSERT INTO facts (kind, contact_id, is_silent, data)
SELECT 'tags_removed', contact_id, $3::bool, jsonb_build_object('tag_ids', jsonb_agg(tag_id ORDER BY tag_id)) FROM gone GROUP BY contact_id

-- name: add_lists
-- Who joins a group joins the list that it belongs to.
WITH wanted AS (SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS w (contact_id, list_id)),
present AS (SELECT c.id FROM contacts c WHERE c.id IN (SELECT contact_id FROM wanted) ORDER BY c.id FOR KEY SHARE),
added AS (
    INSERT INTO contact_lists (contact_id, list_id, created_at)
    SELECT DISTINCT w.contact_id, t.id, $4::timestamptz FROM wanted w JOIN present p ON p.id = w.contact_id
    JOIN lists l ON l.id = w.list_id JOIN lists t ON t.id IN (l.id, l.parent_id)
    ORDER BY 1, 2 -- memberships are numbered in this order, whatever plan is chosen
    ON CONFLICT DO NOTHING RETURNING contact_id, list_id)
INSERT INTO facts (kind, contact_id, is_silent, data)
SELECT 'lists_added', contact_id, $3::bool, jsonb_build_object('list_ids', jsonb_agg(list_id ORDER BY list_id)) FROM added GROUP BY contact_id
RETURNING contact_id

-- name: remove_lists
-- Who leaves a list leaves its groups. The memberships stand beside the lists: id, list, since when.
WITH gone AS (
    DELETE FROM contact_lists m USING unnest($1::bigint[], $2::bigint[]) AS w (contact_id, list_id), lists l
    WHERE m.contact_id = w.contact_id AND m.list_id = l.id AND w.list_id IN (l.id, l.parent_id)
    RETURNING m.contact_id, m.list_id, m.id, m.created_at)
INSERT INTO facts (kind, contact_id, is_silent, data)
SELECT 'lists_removed', contact_id, $3::bool, jsonb_build_object(
    'list_ids', jsonb_agg(list_id ORDER BY list_id), 'members', jsonb_agg(jsonb_build_array(id, list_id, created_at) ORDER BY list_id)) FROM gone GROUP BY contact_id

-- name: set_status
-- Conditional: only rows whose merged status differs; facts in the same statement, and a line in the ledger for who was
-- taken off or brought back. $5: silent.
WITH was AS (SELECT id, status FROM contacts WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE),
changed AS (
    UPDATE contacts c SET status = merged_status(c.status, $2, $3), updated_at = $6
    FROM was WHERE c.id = was.id AND merged_status(c.status, $2, $3) <> c.status
    RETURNING c.id, was.status AS was, c.status AS now),
told AS (
    INSERT INTO facts (kind, contact_id, is_silent, data)
    SELECT 'contact_status_changed', id, $5::bool, jsonb_build_object('was', was, 'now', now, 'reason', $4::text) FROM changed),
noted AS (
    INSERT INTO consents (contact_id, at, kind, source, reason)
    SELECT id, $6, CASE now WHEN 'unsubscribed' THEN 'opt_out' ELSE 'opt_in' END, 'by_hand', $4::text FROM changed
    WHERE now = 'unsubscribed' OR (was = 'unsubscribed' AND now = 'subscribed'))
SELECT id FROM changed

-- name: note_status
-- The same line for contacts ($1) whose status was written with other fields: what it was ($2) and is ($3). $4: reason.
INSERT INTO consents (contact_id, at, kind, source, reason)
SELECT id, $5, CASE now WHEN 'unsubscribed' THEN 'opt_out' ELSE 'opt_in' END, 'by_hand', $4
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS c (id, was, now)
WHERE now = 'unsubscribed' OR (was = 'unsubscribed' AND now = 'subscribed')

-- name: set_type
WITH was AS (SELECT id FROM contacts WHERE id = ANY($1::bigint[]) AND contact_type <> $2 ORDER BY id FOR NO KEY UPDATE),
changed AS (UPDATE contacts c SET contact_type = $2, updated_at = $3 FROM was WHERE c.id = was.id RETURNING c.id)
INSERT INTO facts (kind, contact_id, data) SELECT 'contact_updated', id, '{"changed": ["contact_type"]}' FROM changed

-- name: set_custom
-- $2: slug, $3: the value, null to take it away.
WITH was AS (
    SELECT id FROM contacts WHERE id = ANY($1::bigint[]) AND custom -> $2::text IS DISTINCT FROM $3::jsonb
    ORDER BY id FOR NO KEY UPDATE),
changed AS (
    UPDATE contacts c SET custom = CASE WHEN $3::jsonb IS NULL THEN c.custom - $2 ELSE c.custom || jsonb_build_object($2, $3) END,
        updated_at = $4
    FROM was WHERE c.id = was.id RETURNING c.id)
INSERT INTO facts (kind, contact_id, data)
SELECT 'contact_updated', id, jsonb_build_object('changed', jsonb_build_array('custom.' || $2)) FROM changed

-- name: delete_contacts
-- Memberships go with the contact (statement trigger); queued mails are cancelled, sent ones lose the address. The fact
-- keeps what was known last, for whoever is to be told of it.
WITH gone AS (DELETE FROM contacts c WHERE c.id = ANY($1::bigint[]) RETURNING {columns}),
told AS (
    INSERT INTO facts (kind, contact_id, data)
    SELECT 'contact_deleted', id, jsonb_build_object('email', email, 'first_name', first_name, 'last_name', last_name,
        'contact', to_jsonb(c), 'tags', {tags}, 'lists', {lists}) FROM gone c)
SELECT id FROM gone

-- name: count_all
SELECT coalesce(sum(contacts), 0)::bigint FROM tallies WHERE scope = 'status' AND key = 0

-- name: count_by_status
SELECT word AS status, sum(contacts)::bigint AS n FROM tallies WHERE scope = 'status' AND key = 0 GROUP BY word

-- name: timeline
SELECT id, at, kind, subject_id, object_id, data FROM facts WHERE contact_id = $1 AND ($2::bigint IS NULL OR id < $2)
ORDER BY id DESC LIMIT $3

-- name: neighbours
-- The contacts before and after one, by id.
SELECT (SELECT max(id) FROM contacts WHERE id < $1) AS before, (SELECT min(id) FROM contacts WHERE id > $1) AS after

-- name: is_unchanged
-- Whether nothing was told since the snapshot $1, as text, of the kinds $2: no line is visible that it did not show.
SELECT NOT EXISTS (SELECT 1 FROM changes
                   WHERE xid >= pg_snapshot_xmin($1::text::pg_snapshot) AND kind = ANY($2::text[])
                     AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot))

-- name: last_known
-- Facts that are older than the habit of keeping the contact are left out.
SELECT data FROM facts WHERE contact_id = ANY($1::bigint[]) AND kind = 'contact_deleted' AND data ? 'contact'

-- name: see_active
-- When other systems saw these contacts last.
UPDATE contacts c SET active_at = g.at FROM unnest($1::bigint[], $2::timestamptz[]) AS g (id, at) WHERE c.id = g.id
