-- name: remember_reports
-- $1: keys, sorted, so that two deliveries of the same batch wait for each other instead of blocking each other.
-- The oldest are forgotten on the way: no service repeats itself for a quarter of a year.
WITH old AS (
    DELETE FROM mail_reports WHERE key IN (
        SELECT key FROM mail_reports WHERE at < $2::timestamptz - interval '90 days' LIMIT 1000 FOR UPDATE SKIP LOCKED))
INSERT INTO mail_reports (key, at) SELECT k, $2 FROM unnest($1::bytea[]) AS k ON CONFLICT (key) DO NOTHING RETURNING key

-- name: unknown_addresses
SELECT w AS email FROM unnest($1::text[]) AS w WHERE NOT EXISTS (SELECT 1 FROM contacts c WHERE lower(c.email) = w)

-- name: mark_reported
-- $1 messages, $2 what became of their contacts, $3 reasons. A departure marks the message; a bounce or a complaint
-- moves it on from where the server had taken it.
WITH given AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[]) AS g (id, word, reason)),
moved AS (
    UPDATE messages m SET updated_at = $4,
        state = CASE WHEN g.word = 'unsubscribed' THEN m.state ELSE g.word END,
        note = CASE WHEN g.word = 'unsubscribed' THEN m.note ELSE nullif(g.reason, '') END,
        unsubscribed_at = CASE WHEN g.word = 'unsubscribed' THEN $4::timestamptz ELSE m.unsubscribed_at END
    FROM given g WHERE m.id = g.id AND CASE WHEN g.word = 'unsubscribed' THEN m.unsubscribed_at IS NULL
        ELSE m.state IN ('sent', 'unknown') END
    RETURNING m.id, m.campaign_id, m.contact_id, g.word, g.reason),
told AS (
    INSERT INTO facts (kind, contact_id, subject_id, object_id, data)
    SELECT 'message_' || word, contact_id, campaign_id, id, jsonb_build_object('code', null, 'text', reason)
    FROM moved WHERE word <> 'unsubscribed')
SELECT count(*)::int FROM moved

-- name: judge_reported
-- One row per address: $1 addresses in small letters, $2 wanted statuses (null: soft bounces only), $3 how many soft
-- ones, $4 reasons, $5 what the ledger keeps, $6 sentences for notes, $7 statuses from better to worse, $8 how many soft
-- bounces are too many, $9 now, $10 contacts made for this with their status already, $11 titles of notes.
WITH given AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::jsonb[], $6::text[])
    AS g (email, wanted, softs, reason, data, sentence)),
met AS MATERIALIZED (
    SELECT c.id, c.status AS was, c.soft_bounces, g.*, coalesce(array_position($7::text[], c.status), 0) AS rank
    FROM given g JOIN contacts c ON lower(c.email) = g.email ORDER BY c.id FOR UPDATE OF c),
judged AS (
    SELECT w.*, CASE
        WHEN w.softs + w.soft_bounces >= $8::int AND w.softs > 0
            AND coalesce(array_position($7::text[], w.wanted), 0) < array_position($7::text[], 'bounced') THEN 'bounced'
        ELSE coalesce(w.wanted, w.was) END AS next
    FROM met w),
changed AS (
    UPDATE contacts c SET updated_at = $9,
        status = CASE WHEN coalesce(array_position($7::text[], j.next), 0) > j.rank THEN j.next ELSE c.status END,
        -- Whoever is brought back by hand begins anew.
        soft_bounces = CASE WHEN j.next = 'bounced' AND j.rank < array_position($7::text[], 'bounced') THEN 0
            WHEN j.rank < array_position($7::text[], 'bounced') THEN c.soft_bounces + j.softs ELSE c.soft_bounces END
    FROM judged j WHERE c.id = j.id AND (coalesce(array_position($7::text[], j.next), 0) > j.rank
        OR (j.softs > 0 AND j.rank < array_position($7::text[], 'bounced')))
    RETURNING c.id, c.status AS now, j.was, j.softs, j.reason, j.data, j.sentence),
risen AS (
    SELECT id, was, now, reason, data, sentence FROM changed WHERE now <> was
    UNION ALL
    SELECT id, NULL, was, reason, data, sentence FROM met WHERE id = ANY($10::bigint[])),
kept AS (
    INSERT INTO consents (contact_id, at, kind, source, reason, data)
    SELECT id, $9, CASE now WHEN 'unsubscribed' THEN 'opt_out' WHEN 'complained' THEN 'objection' ELSE 'bounce' END,
        'mail_service', reason, data FROM risen),
noted AS (
    INSERT INTO notes (contact_id, kind, title, description, created_at, updated_at)
    SELECT id, 'system_log', $11::jsonb ->> now, sentence, $9, $9 FROM risen),
told AS (
    INSERT INTO facts (kind, contact_id, object_id, data)
    SELECT 'contact_status_changed', id, NULL, jsonb_build_object('was', was, 'now', now, 'reason', sentence)
    FROM risen WHERE was IS NOT NULL
    UNION ALL
    SELECT 'contact_unsubscribed', id, (data ->> 'message_id')::bigint,
        jsonb_build_object('reason', reason, 'one_click', false, 'message_id', data -> 'message_id')
    FROM risen WHERE now = 'unsubscribed'
    UNION ALL
    SELECT 'contact_soft_bounced', id, (data ->> 'message_id')::bigint,
        jsonb_build_object('service', data -> 'service', 'reason', reason, 'times', softs)
    FROM changed WHERE softs > 0)
SELECT (SELECT count(*) FROM changed WHERE now <> was)::int AS changed,
    (SELECT coalesce(sum(softs), 0) FROM changed)::int AS softs,
    (SELECT array_agg(id) FROM changed WHERE now <> was) AS ids

-- name: cancel_reported
-- What waits for contacts who may not be mailed any more.
UPDATE messages m SET state = 'cancelled', note = 'The contact is ' || c.status || '.', updated_at = $2
FROM contacts c, campaigns g WHERE m.contact_id = ANY($1::bigint[]) AND m.state IN ('queued', 'deferred', 'paused')
    AND c.id = m.contact_id AND g.id = m.campaign_id AND NOT g.is_transactional
