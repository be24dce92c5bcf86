-- name: insert_endpoint
INSERT INTO webhook_endpoints (form, url, events, name, is_active, secret, user_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id

-- name: update_endpoint
-- Whoever switches it on again begins anew. $6: a secret of the operator's own, or null.
UPDATE webhook_endpoints SET url = $2, events = $3, name = $4, is_active = $5, updated_at = $7,
    secret = coalesce($6, secret),
    previous_secret = CASE WHEN $6::bytea IS NULL THEN previous_secret END,
    previous_until = CASE WHEN $6::bytea IS NULL THEN previous_until END,
    failures = CASE WHEN $5 AND NOT is_active THEN 0 ELSE failures END,
    failing_since = CASE WHEN $5 AND NOT is_active THEN NULL ELSE failing_since END,
    disabled_reason = CASE WHEN $5 THEN NULL ELSE disabled_reason END,
    disabled_at = CASE WHEN $5 THEN NULL ELSE disabled_at END
WHERE id = $1 RETURNING id

-- name: rotate_secret
-- The old secret goes on signing until $3, unless it ends at once ($3 null).
UPDATE webhook_endpoints SET secret = $2, updated_at = $4,
    previous_secret = CASE WHEN $3::timestamptz IS NULL THEN NULL ELSE secret END, previous_until = $3
WHERE id = $1 RETURNING id

-- name: listeners
-- Endpoints that are told of something now.
SELECT id, form, events FROM webhook_endpoints WHERE is_active ORDER BY id

-- name: take_numbers
-- Numbers of events that are about to be written: a body may say its own.
SELECT nextval(pg_get_serial_sequence('webhook_events', 'id')) AS id FROM generate_series(1, $1)

-- name: enqueue
-- Events and their deliveries, in the order of the happenings. What was told before is not told again.
WITH given AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::bytea[])
    AS g (id, form, kind, once, contact_id, at, body)),
made AS (
    INSERT INTO webhook_events (id, form, kind, once, contact_id, at, body, created_at)
    SELECT id, form, kind, once, contact_id, at, body, $10 FROM given ORDER BY id
    ON CONFLICT (form, once) DO NOTHING RETURNING id, kind, contact_id)
INSERT INTO webhook_deliveries (endpoint_id, event_id, kind, contact_id, due_at, created_at)
SELECT p.endpoint_id, m.id, m.kind, m.contact_id, $10, $10
FROM unnest($8::bigint[], $9::bigint[]) AS p (event_id, endpoint_id)
JOIN made m ON m.id = p.event_id
-- one that was deleted a moment ago
JOIN webhook_endpoints e ON e.id = p.endpoint_id
ORDER BY m.id, p.endpoint_id

-- name: mails_by_ids
-- Mails with their campaigns, for telling of them.
-- A mail of a campaign of several steps is that campaign's, at the place that its step names.
SELECT m.id, coalesce(w.id, m.campaign_id), m.contact_id, coalesce(w.title, c.title), m.email,
    coalesce(m.subject, s.subject, c.subject) AS subject,
    CASE WHEN w.id IS NOT NULL THEN (SELECT t.params->>'key' FROM automation_steps t WHERE t.mailing_id = c.id LIMIT 1) END
FROM messages m JOIN campaigns c ON c.id = m.campaign_id LEFT JOIN campaigns w ON w.id = c.part_of LEFT JOIN campaign_subjects s ON s.id = m.subject_id
WHERE m.id = ANY($1::bigint[])

-- name: insert_test
-- An event for one endpoint, in the hand of the worker that is about to send it.
WITH made AS (
    INSERT INTO webhook_events (id, form, kind, at, body, created_at) VALUES ($1, $2, $3, $4, $5, $4) RETURNING id)
INSERT INTO webhook_deliveries (endpoint_id, event_id, kind, state, is_test, due_at, worker, leased_until, created_at)
SELECT $6, id, $3, 'sending', true, $4, $7, now() + $8::interval, $4 FROM made RETURNING id

-- name: lock_ready
-- Endpoints with something due ($1: now), locked until the transaction ends, so that one claimer at a time looks at
-- what an endpoint has in hand; those that another one holds are left to it.
SELECT e.id FROM webhook_endpoints e
WHERE e.is_active AND EXISTS (
    SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.state = 'queued' AND d.due_at <= $1)
ORDER BY e.id FOR NO KEY UPDATE SKIP LOCKED

-- name: claim
-- $1/$2: locked endpoints and how many deliveries each may have in hand, all workers together; $3 now, $4 lease, $5
-- worker. What happens to one contact goes in order: while an earlier delivery is tried for the first time elsewhere, the
-- later one waits. Leases go by the clock of the database: hosts may disagree about the time.
WITH picked AS MATERIALIZED (
    SELECT d.id, d.endpoint_id, d.contact_id, d.attempts
    FROM unnest($1::bigint[], $2::int[]) AS l (endpoint_id, most)
    CROSS JOIN LATERAL (
        SELECT greatest(0, l.most - count(*)) AS free FROM webhook_deliveries s
        WHERE s.endpoint_id = l.endpoint_id AND s.state = 'sending') f
    CROSS JOIN LATERAL (
        SELECT q.id, q.endpoint_id, q.contact_id, q.attempts FROM webhook_deliveries q
        WHERE q.endpoint_id = l.endpoint_id AND q.state = 'queued' AND q.due_at <= $3
        ORDER BY q.due_at, q.id LIMIT f.free FOR UPDATE SKIP LOCKED) d),
allowed AS (
    SELECT p.id FROM picked p WHERE p.attempts > 0 OR p.contact_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM webhook_deliveries b
        WHERE b.endpoint_id = p.endpoint_id AND b.contact_id = p.contact_id AND b.id < p.id
            AND b.attempts = 0 AND b.state IN ('queued', 'sending')
            AND NOT EXISTS (SELECT 1 FROM picked o WHERE o.id = b.id)))
UPDATE webhook_deliveries d SET state = 'sending', leased_until = now() + $4::interval, worker = $5
FROM allowed a, webhook_endpoints e, webhook_events v
WHERE d.id = a.id AND e.id = d.endpoint_id AND v.id = d.event_id
RETURNING {claimed}

-- name: claimed
SELECT {claimed} FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
JOIN webhook_events v ON v.id = d.event_id WHERE d.id = $1

-- name: store_outcomes
-- One statement for a group: rows still in this worker's hand only. Answers per endpoint how many ended how; tests
-- judge nobody.
WITH given AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::int[], $5::text[], $6::text[], $7::timestamptz[],
        $8::timestamptz[], $9::jsonb[]) AS g (id, state, code, ms, answer, error, due_at, at, headers)),
done AS (
    UPDATE webhook_deliveries d SET state = g.state, attempts = d.attempts + 1, status_code = g.code, response_ms = g.ms,
        answer = nullif(g.answer, ''), error = nullif(g.error, ''), due_at = coalesce(g.due_at, d.due_at),
        tried_at = g.at, leased_until = NULL, worker = NULL
    FROM given g WHERE d.id = g.id AND d.state = 'sending' AND d.worker = $10
    RETURNING d.id, d.endpoint_id, d.is_test, g.state, g.code, g.ms, g.answer, g.error, g.at, g.headers),
logged AS (
    INSERT INTO webhook_attempts (delivery_id, at, headers, status_code, response_ms, answer, error)
    SELECT id, at, headers, code, ms, nullif(answer, ''), nullif(error, '') FROM done ORDER BY at)
SELECT endpoint_id, count(*) FILTER (WHERE state = 'delivered')::int AS delivered,
    count(*) FILTER (WHERE state = 'failed')::int AS failed, coalesce(bool_or(code = 410), false) AS is_gone
FROM done WHERE NOT is_test GROUP BY endpoint_id ORDER BY endpoint_id

-- name: count_failures
-- $1 endpoints, $2 delivered, $3 failed for good; $4 now. Touches only rows that change.
UPDATE webhook_endpoints e SET
    failures = CASE WHEN g.delivered > 0 THEN 0 ELSE e.failures + g.failed END,
    failing_since = CASE WHEN g.delivered > 0 THEN NULL ELSE coalesce(e.failing_since, $4) END
FROM unnest($1::bigint[], $2::int[], $3::int[]) AS g (id, delivered, failed)
WHERE e.id = g.id AND ((g.delivered > 0 AND e.failures > 0) OR (g.delivered = 0 AND g.failed > 0))
RETURNING e.id, e.failures, e.failing_since

-- name: disable_endpoint
UPDATE webhook_endpoints SET is_active = false, disabled_reason = $2, disabled_at = $3, updated_at = $3
WHERE id = $1 AND is_active RETURNING name, url

-- name: extend
UPDATE webhook_deliveries SET leased_until = now() + $2::interval WHERE state = 'sending' AND worker = $1

-- name: release
-- What this worker holds goes back.
UPDATE webhook_deliveries SET state = 'queued', leased_until = NULL, worker = NULL WHERE state = 'sending' AND worker = $1

-- name: recover
-- Leases ran out: nobody knows whether the receiver has it, so it is sent again, under the same key. Tests are not.
UPDATE webhook_deliveries SET state = CASE WHEN is_test THEN 'failed' ELSE 'queued' END, leased_until = NULL, worker = NULL
WHERE state = 'sending' AND leased_until < now()

-- name: replay
-- A delivery that has ended is sent again as it was: a new round of attempts. One that waits is due at once.
UPDATE webhook_deliveries SET state = 'queued', attempts = 0, due_at = $2
WHERE id = $1 AND state <> 'sending' RETURNING endpoint_id

-- name: delete_old
-- Events older than $1 with their deliveries and attempts, $2 at most. What still waits by then waits for an endpoint
-- that is off.
DELETE FROM webhook_events WHERE id IN (
    SELECT id FROM webhook_events WHERE created_at < $1 ORDER BY created_at LIMIT $2)
