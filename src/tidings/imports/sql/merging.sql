-- name: add_tags
-- Tags of the rows and of the whole import ($1) for everybody the chunk met; facts of what is new. $2: silent.
WITH wanted AS (
    SELECT m.contact_id, unnest($1::bigint[] || s.tag_ids) AS tag_id FROM import_met m JOIN import_stage s USING (line)),
added AS (
    INSERT INTO contact_tags (contact_id, tag_id, created_at)
    SELECT w.contact_id, w.tag_id, $3::timestamptz FROM wanted w JOIN tags t ON t.id = w.tag_id
    ON CONFLICT DO NOTHING RETURNING contact_id, tag_id)
INSERT INTO facts (kind, contact_id, is_silent, data)
SELECT 'tags_added', contact_id, $2::boolean, jsonb_build_object('tag_ids', jsonb_agg(tag_id ORDER BY tag_id))
FROM added GROUP BY contact_id

-- name: add_lists
-- Who joins a group joins the list that it belongs to.
WITH wanted AS (
    SELECT m.contact_id, unnest($1::bigint[] || s.list_ids) AS list_id FROM import_met m JOIN import_stage s USING (line)),
added AS (
    INSERT INTO contact_lists (contact_id, list_id, created_at)
    SELECT w.contact_id, t.id, $3::timestamptz FROM wanted w JOIN lists l ON l.id = w.list_id
    JOIN lists t ON t.id IN (l.id, l.parent_id)
    ON CONFLICT DO NOTHING RETURNING contact_id, list_id)
INSERT INTO facts (kind, contact_id, is_silent, data)
SELECT 'lists_added', contact_id, $2::boolean, jsonb_build_object('list_ids', jsonb_agg(list_id ORDER BY list_id))
FROM added GROUP BY contact_id

-- name: add_consents
-- The operator says where consent came from ($1): one line in the ledger for each who may now be mailed.
WITH said AS (
    INSERT INTO consents (contact_id, at, kind, source, reason)
    SELECT contact_id, $3::timestamptz, 'opt_in', $1::text, 'import' FROM import_met WHERE status IN ('subscribed', 'pending')
    RETURNING contact_id)
INSERT INTO facts (kind, contact_id, is_silent, data)
SELECT 'consent_recorded', contact_id, $2::boolean, jsonb_build_object('kind', 'opt_in', 'source', $1::text) FROM said

-- name: count_met
SELECT count(*) FILTER (WHERE is_new) AS created, count(*) AS met FROM import_met
