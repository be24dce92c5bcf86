-- name: published
-- What runs, with what begins it.
SELECT {automation} FROM automations a
WHERE a.state = 'published' AND a.trigger = ANY($1::text[])
  AND (a.campaign_id IS NULL OR EXISTS (SELECT 1 FROM campaigns c WHERE c.id = a.campaign_id AND c.state = 'sending'))
ORDER BY a.id

-- name: with_due_runs
-- Published automations that have something to do now; one that carries a campaign only while that is under way.
SELECT a.id FROM automations a WHERE a.state = 'published' AND EXISTS (
    SELECT 1 FROM automation_runs r WHERE r.automation_id = a.id AND r.state = 'active' AND r.due_at <= $1)
  AND (a.campaign_id IS NULL OR EXISTS (SELECT 1 FROM campaigns c WHERE c.id = a.campaign_id AND c.state = 'sending'))
ORDER BY a.id

-- name: carried_state
-- The state of the campaign that an automation carries, held until the transaction ends; nothing when it carries none.
SELECT c.state FROM campaigns c JOIN automations a ON a.campaign_id = c.id WHERE a.id = $1 FOR SHARE OF c

-- name: claim
-- Due runs of one automation, locked until their step is done: who dies lets go of them, and nothing was done.
SELECT {run} FROM automation_runs r
WHERE r.automation_id = $1 AND r.state = 'active' AND r.due_at <= $2 AND ($4::bigint[] IS NULL OR r.id = ANY($4))
ORDER BY r.due_at, r.id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED

-- name: move
-- Where each run is now. $1 runs, $2 the step done, $3 the next one, $4 when it is due, $5 state, $6 now.
UPDATE automation_runs r SET state = g.state, last_step_id = coalesce(g.done, r.last_step_id), step_id = g.next,
    due_at = g.due_at, stepped_at = $6, updated_at = $6
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[]) AS g (id, done, next, due_at, state)
WHERE r.id = g.id

-- name: measure
-- One row per run ($1) and step ($2); what is told again replaces what was told before.
INSERT INTO automation_metrics (run_id, step_id, state, branch, note, created_at, updated_at)
SELECT g.*, $6, $6 FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[]) AS g
ON CONFLICT (run_id, step_id) DO UPDATE SET state = excluded.state, branch = excluded.branch, note = excluded.note,
    updated_at = excluded.updated_at

-- name: measure_passed
-- Steps that were left out; what has a metric keeps it.
INSERT INTO automation_metrics (run_id, step_id, state, created_at, updated_at)
SELECT g.*, 'skipped', $3, $3 FROM unnest($1::bigint[], $2::bigint[]) AS g ON CONFLICT DO NOTHING

-- name: enter
-- Contacts ($2, with the record of another system it is about, $3) begin automation $1 at step $4; $5: the step that they
-- are counted from. Who is pending waits for the confirmation; other statuses begin only when forced ($6). Who was in it
-- begins anew when it repeats ($7), but not more often in an hour than $9. $8 state of those who begin, $10 source, $11 now.
INSERT INTO automation_runs (automation_id, contact_id, state, step_id, first_step_id, due_at, source, source_id,
                             begun_at, created_at, updated_at)
SELECT $1, c.id, CASE WHEN c.status = 'pending' AND NOT $6 THEN 'pending' ELSE $8 END, $4, $5, $11, $10, w.source_id,
       $11, $11, $11
FROM unnest($2::bigint[], $3::bigint[]) AS w (contact_id, source_id) JOIN contacts c ON c.id = w.contact_id
WHERE $6 OR c.status IN ('subscribed', 'transactional', 'pending')
ORDER BY c.id
ON CONFLICT (automation_id, contact_id) DO UPDATE SET state = excluded.state, pass = automation_runs.pass + 1,
    step_id = excluded.step_id, first_step_id = excluded.first_step_id, last_step_id = NULL, stepped_at = NULL,
    due_at = excluded.due_at, source = excluded.source, source_id = excluded.source_id, note = NULL,
    begun = CASE WHEN automation_runs.begun_at > $11::timestamptz - interval '1 hour' THEN automation_runs.begun + 1 ELSE 1 END,
    begun_at = CASE WHEN automation_runs.begun_at > $11::timestamptz - interval '1 hour' THEN automation_runs.begun_at ELSE $11 END,
    updated_at = excluded.updated_at
WHERE $7 AND (automation_runs.begun < $9 OR automation_runs.begun_at <= $11::timestamptz - interval '1 hour')
RETURNING id, contact_id, pass

-- name: note_loops
-- Runs that would have begun too often are told so, once.
UPDATE automation_runs SET note = $4, updated_at = $3
WHERE automation_id = $1 AND contact_id = ANY($2::bigint[]) AND begun >= $5 AND begun_at > $3::timestamptz - interval '1 hour'
  AND note IS DISTINCT FROM $4 RETURNING id

-- name: tell_entered
INSERT INTO facts (kind, contact_id, subject_id, object_id, data)
SELECT 'automation_entered', r.contact_id, r.automation_id, r.id, jsonb_build_object('title', a.title)
FROM automation_runs r JOIN automations a ON a.id = r.automation_id WHERE r.id = ANY($1::bigint[])

-- name: tell_completed
INSERT INTO facts (kind, contact_id, subject_id, object_id, data)
SELECT 'automation_completed', r.contact_id, r.automation_id, r.id, jsonb_build_object('title', a.title)
FROM automation_runs r JOIN automations a ON a.id = r.automation_id WHERE r.id = ANY($1::bigint[])

-- name: open_runs_of
-- Runs of contacts in one automation that are under way, locked in id order.
SELECT {run} FROM automation_runs r
WHERE r.automation_id = $1 AND r.contact_id = ANY($2::bigint[]) AND r.state IN ('active', 'waiting')
ORDER BY r.id FOR UPDATE

-- name: end_of_departed
-- Contacts that are no longer subscribed leave every automation that does not go on without that.
UPDATE automation_runs r SET state = 'cancelled', note = $2, updated_at = $3
FROM automations a, contacts c
WHERE r.contact_id = ANY($1::bigint[]) AND r.state IN ('pending', 'active', 'waiting') AND a.id = r.automation_id
  AND c.id = r.contact_id AND c.status NOT IN ('subscribed', 'transactional', 'pending')
  AND NOT coalesce((a.start->>'is_forced')::bool, false)

-- name: end_of_answered
-- Contacts ($1) who answered a mail of $2 are through with the automation that sent it, when that ends by a reply.
UPDATE automation_runs r SET state = 'cancelled', note = $3, updated_at = $4
FROM unnest($1::bigint[], $2::bigint[]) AS w (contact_id, mailing_id), campaigns p, automations a
WHERE p.id = w.mailing_id AND p.is_standing AND a.id = p.parent_id AND coalesce((a.start->>'ends_on_reply')::bool, false)
  AND r.automation_id = a.id AND r.contact_id = w.contact_id AND r.state IN ('pending', 'active', 'waiting')
RETURNING r.contact_id

-- name: end_of_cancelled
-- Whoever was under way in a campaign ($1) that was stopped for good.
UPDATE automation_runs r SET state = 'cancelled', note = $2, updated_at = $3
FROM automations a JOIN campaigns c ON c.id = a.campaign_id
WHERE c.id = ANY($1::bigint[]) AND c.state = 'cancelled' AND r.automation_id = a.id
  AND r.state IN ('pending', 'active', 'waiting')

-- name: cancel_waiting
-- What waits for these contacts ($2) in the mails of automations that ended for them by a reply to $1.
UPDATE messages m SET state = 'cancelled', note = $3, updated_at = $4
FROM campaigns p JOIN campaigns q ON q.parent_id = p.parent_id AND q.is_standing
WHERE p.id = ANY($1::bigint[]) AND p.is_standing AND m.campaign_id = q.id AND m.contact_id = ANY($2::bigint[])
  AND m.state IN ('queued', 'deferred', 'paused')

-- name: enrol
-- The next contacts ($2 after, $3 how many) that match and may be mailed and are not in automation $1 yet.
SELECT c.id FROM contacts c
WHERE c.id > $2 AND {mailable} AND ({where})
  AND NOT EXISTS (SELECT 1 FROM automation_runs r WHERE r.automation_id = $1 AND r.contact_id = c.id)
ORDER BY c.id LIMIT $3

-- name: enrolled
-- Who is in the campaign that automation $1 carries, in words of `workflows`; $2 its mailings, $3 words or none for all,
-- $4 the note of those who answered.
WITH people AS (
    SELECT r.id, r.contact_id, c.email, r.created_at, m.sent_at, CASE
        WHEN m.has_left THEN 'unsubscribed' WHEN m.has_bounced THEN 'bounced' WHEN r.note = $4 THEN 'replied'
        WHEN r.state = 'cancelled' AND c.status IN ('unsubscribed', 'bounced') THEN c.status
        WHEN r.state = 'completed' THEN CASE WHEN m.has_failed THEN 'failed' ELSE 'completed' END
        WHEN r.state = 'cancelled' THEN 'failed'
        WHEN m.sent_at IS NULL THEN 'waiting' ELSE 'under_way' END AS word
    FROM automation_runs r JOIN contacts c ON c.id = r.contact_id LEFT JOIN LATERAL (
        SELECT max(sent_at) AS sent_at, bool_or(unsubscribed_at IS NOT NULL) AS has_left,
               bool_or(state = 'bounced') AS has_bounced, bool_or(state IN ('failed', 'unknown', 'complained')) AS has_failed
        FROM messages WHERE contact_id = r.contact_id AND campaign_id = ANY($2::bigint[])) m ON true
    WHERE r.automation_id = $1)
SELECT contact_id, email, word, created_at, sent_at, count(*) OVER () AS total FROM people
WHERE cardinality($3::text[]) = 0 OR word = ANY($3) ORDER BY id DESC LIMIT $5 OFFSET $6

-- name: begin_confirmed
-- Who waited for the confirmation and gave it goes on.
UPDATE automation_runs r SET state = 'active', due_at = $2, updated_at = $2
FROM contacts c WHERE r.contact_id = ANY($1::bigint[]) AND r.state = 'pending' AND c.id = r.contact_id
  AND c.status IN ('subscribed', 'transactional')

-- name: counts
SELECT automation_id, state, count(*) AS n FROM automation_runs WHERE automation_id = ANY($1::bigint[])
GROUP BY automation_id, state

-- name: labels
SELECT automation_id, label_id FROM automation_labels WHERE automation_id = ANY($1::bigint[]) ORDER BY label_id

-- name: metrics
SELECT {metric} FROM automation_metrics m WHERE m.run_id = ANY($1::bigint[]) ORDER BY m.id

-- name: step_counts
SELECT s.id AS step_id, m.state, m.n, coalesce(w.value, 0) AS value FROM automation_steps s CROSS JOIN LATERAL (
    SELECT state, count(*) AS n FROM automation_metrics WHERE step_id = s.id GROUP BY state) m
LEFT JOIN LATERAL (
    SELECT sum(value) AS value FROM automation_metrics WHERE step_id = s.id AND state = m.state AND value <> 0) w ON true
WHERE s.automation_id = $1

-- name: born
-- Contacts whose birthday it is, by keyset. $1 months, $2 days, $3 after, $4 how many.
SELECT c.id FROM contacts c JOIN unnest($1::int[], $2::int[]) AS d (month, day)
    ON extract(month FROM c.date_of_birth) = d.month AND extract(day FROM c.date_of_birth) = d.day
WHERE c.id > $3 ORDER BY c.id LIMIT $4
