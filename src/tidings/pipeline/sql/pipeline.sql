-- name: stages
SELECT s.id, s.title, s.color, s.outcome, s.position, s.created_at, s.updated_at,
       coalesce((SELECT sum(contacts) FROM tallies WHERE scope = 'stage' AND key = s.id), 0)::bigint AS contacts_count
FROM pipeline_stages s

-- name: order_stages
UPDATE pipeline_stages s SET position = w.place - 1, updated_at = $2
FROM unnest($1::bigint[]) WITH ORDINALITY AS w (id, place) WHERE s.id = w.id AND s.position <> w.place - 1

-- name: lock_contacts
-- One mover of a contact at a time: what is read afterwards is where it stands.
SELECT id FROM contacts WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE

-- name: lock_inside
SELECT count(*) FROM (
    SELECT c.id FROM contacts c JOIN pipeline_places p ON p.contact_id = c.id WHERE p.stage_id = $1
    ORDER BY c.id FOR NO KEY UPDATE OF c) locked

-- name: move
-- Contacts (locked; "who" says which by $1) to a stage ($2, $3 its title; null takes them out), log and facts with it.
-- Who stands there already is left alone. $4 now, $5 and $6 who did it, $7 the note, $8 silent. "answer" comes back.
WITH was AS (
    SELECT c.id AS contact_id, p.stage_id, s.title
    FROM contacts c LEFT JOIN pipeline_places p ON p.contact_id = c.id LEFT JOIN pipeline_stages s ON s.id = p.stage_id
    WHERE {who} AND p.stage_id IS DISTINCT FROM $2::bigint),
placed AS (
    INSERT INTO pipeline_places (contact_id, stage_id, entered_at)
    SELECT contact_id, $2, $4::timestamptz FROM was WHERE $2 IS NOT NULL
    ON CONFLICT (contact_id) DO UPDATE SET stage_id = excluded.stage_id, entered_at = excluded.entered_at),
gone AS (DELETE FROM pipeline_places p USING was WHERE $2 IS NULL AND p.contact_id = was.contact_id),
logged AS (
    INSERT INTO pipeline_moves (contact_id, at, was_id, was_title, now_id, now_title, actor_id, actor, note)
    SELECT contact_id, $4, stage_id, title, $2, $3::text, $5::bigint, $6::text, $7::text FROM was
    RETURNING id, contact_id, was_id, was_title),
told AS (
    INSERT INTO facts (kind, contact_id, subject_id, object_id, is_silent, data)
    SELECT 'contact_stage_changed', contact_id, $2, id, $8::bool, jsonb_build_object(
        'was_id', was_id, 'was', was_title, 'now_id', $2, 'now', $3, 'actor', $6, 'note', $7) FROM logged)
SELECT {answer} FROM was

-- name: standings
SELECT p.contact_id, s.id, s.title, s.color, p.entered_at
FROM pipeline_places p JOIN pipeline_stages s ON s.id = p.stage_id WHERE p.contact_id = ANY($1::bigint[])

-- name: history
SELECT id, contact_id, at, was_id, was_title, now_id, now_title, actor, note FROM pipeline_moves
WHERE contact_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3

-- name: numbers
-- Each stay lasts to the contact's next move; what a contact reached from a stay on is looked at over the later ones.
-- $1: only stays that began since then.
WITH stays AS (
    SELECT m.contact_id, m.id, m.at, m.now_id,
           lead(m.at) OVER (PARTITION BY m.contact_id ORDER BY m.id) AS left_at, s.position, s.outcome
    FROM pipeline_moves m LEFT JOIN pipeline_stages s ON s.id = m.now_id),
paths AS (
    SELECT contact_id, at, now_id, left_at,
           max(position) FILTER (WHERE outcome <> 'lost') OVER later > position AS went_on,
           coalesce(bool_or(outcome = 'won') OVER later, false) AS won
    FROM stays WINDOW later AS (PARTITION BY contact_id ORDER BY id DESC))
SELECT now_id AS stage_id, count(DISTINCT contact_id) AS entered,
       count(DISTINCT contact_id) FILTER (WHERE went_on) AS went_on,
       count(DISTINCT contact_id) FILTER (WHERE won) AS won,
       avg(left_at - at) AS mean_stay,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY left_at - at) FILTER (WHERE left_at IS NOT NULL) AS median_stay
FROM paths WHERE now_id IS NOT NULL AND ($1::timestamptz IS NULL OR at >= $1) GROUP BY now_id
