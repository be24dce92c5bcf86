-- name: claim
-- Takes a group for one account: locked, skipping what others hold, checked once more against the contact's status and
-- the suppressions, leased and marked as started in one commit before the wire. $1 campaign, $2 now, $3 how many,
-- $4 how long the lease lasts, $5 worker, $6 account, $7 transactional mail reaches transactional contacts too.
-- Leases go by the clock of the database: hosts may disagree about the time.
WITH picked AS MATERIALIZED (
    SELECT id, contact_id FROM messages
    WHERE campaign_id = $1 AND state IN ('queued', 'deferred') AND due_at <= $2
    ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED),
people AS MATERIALIZED (
    SELECT p.id AS message_id, {person}, c.status AS status_,
        c.id IS NOT NULL AND c.email IS NOT NULL
        AND (c.status = 'subscribed' OR ($7 AND c.status = 'transactional'))
        AND NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.email_key = lower(c.email)) AS is_mailable
    FROM picked p LEFT JOIN contacts c ON c.id = p.contact_id)
UPDATE messages m SET
    state = CASE WHEN x.is_mailable THEN 'sending' ELSE 'cancelled' END,
    note = CASE WHEN x.is_mailable THEN NULL ELSE 'The contact is ' || coalesce(x.status_, 'gone') || '.' END,
    leased_until = CASE WHEN x.is_mailable THEN now() + $4::interval END, worker = $5, account_id = $6,
    started_at = CASE WHEN x.is_mailable THEN $2 END, updated_at = $2
FROM people x WHERE m.id = x.message_id
RETURNING m.id AS message_id, m.attempts, m.subject_id, m.email AS address, x.*

-- name: store_outcomes
-- One statement for a group of outcomes: rows still in this worker's hand only, facts beside them. Those whose lease ran
-- out while the database was away are unknown to the others; whoever sent them knows better.
WITH given AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::text[], $5::timestamptz[])
               AS g (id, state, code, note, due_at)),
done AS (
    UPDATE messages m SET
        state = CASE WHEN g.state IN ('queued', 'deferred') AND c.state = 'paused' THEN 'paused'
                     WHEN g.state IN ('queued', 'deferred') AND c.state IN ('cancelled', 'draft') THEN 'cancelled'
                     ELSE g.state END,
        code = g.code, note = nullif(g.note, ''), leased_until = NULL,
        attempts = m.attempts + CASE WHEN g.state IN ('queued', 'unknown') THEN 0 ELSE 1 END,
        sent_at = CASE WHEN g.state = 'sent' THEN $6::timestamptz ELSE m.sent_at END,
        due_at = coalesce(g.due_at, m.due_at), updated_at = $6
    FROM given g, campaigns c
    WHERE m.id = g.id AND m.worker = $7 AND c.id = m.campaign_id
      AND (m.state = 'sending' OR (m.state = 'unknown' AND g.state IN ('sent', 'failed', 'bounced')))
    RETURNING m.id, m.campaign_id, m.contact_id, m.state, m.code, m.note)
INSERT INTO facts (kind, contact_id, subject_id, object_id, data)
SELECT 'message_' || state, contact_id, campaign_id, id,
       CASE WHEN state = 'sent' THEN '{}'::jsonb ELSE jsonb_build_object('code', code, 'text', note) END
FROM done WHERE state IN ('sent', 'failed', 'bounced', 'unknown')

-- name: bounce_contacts
WITH hit AS (
    SELECT DISTINCT c.id, c.status FROM contacts c JOIN messages m ON m.contact_id = c.id
    WHERE m.id = ANY($1::bigint[]) AND m.state = 'bounced'),
changed AS (
    UPDATE contacts c SET status = merged_status(c.status, 'bounced', false), updated_at = $2 FROM hit
    WHERE c.id = hit.id AND merged_status(c.status, 'bounced', false) <> c.status
    RETURNING c.id, hit.status AS was)
INSERT INTO facts (kind, contact_id, data)
SELECT 'contact_status_changed', id, jsonb_build_object('was', was, 'now', 'bounced', 'reason', 'hard bounce') FROM changed

-- name: release
-- What this worker holds and has not offered goes back.
UPDATE messages SET state = 'queued', leased_until = NULL, started_at = NULL, updated_at = $2
WHERE id = ANY($1::bigint[]) AND state = 'sending' AND worker = $3

-- name: release_strays
-- What stands in this worker's name and was never offered ($1: what was) goes back.
UPDATE messages SET state = 'queued', leased_until = NULL, started_at = NULL, updated_at = $2
WHERE state = 'sending' AND worker = $3 AND NOT id = ANY($1::bigint[])

-- name: recover
-- Leases ran out: started without outcome is unknown; nothing is sent again by itself.
WITH lost AS (
    UPDATE messages m SET state = CASE WHEN m.started_at IS NULL THEN 'queued' ELSE 'unknown' END, leased_until = NULL,
        note = 'The sender stopped before the outcome was stored.', updated_at = $1
    WHERE m.state = 'sending' AND m.leased_until < now()
    RETURNING m.id, m.campaign_id, m.contact_id, m.state),
told AS (
    INSERT INTO facts (kind, contact_id, subject_id, object_id)
    SELECT 'message_unknown', contact_id, campaign_id, id FROM lost WHERE state = 'unknown')
SELECT count(*) FROM lost

-- name: extend_leases
-- What is still in this worker's hand stays there while its server takes its time.
UPDATE messages SET leased_until = now() + $2::interval WHERE id = ANY($1::bigint[]) AND state = 'sending' AND worker = $3

-- name: sending_campaigns
-- Campaigns with something to do now, the longest waiting first.
-- The limits of a campaign of several mails hold for all of them together (paced_as).
SELECT c.id, c.version, c.account_ids, c.per_minute, c.per_hour, c.sends_within, coalesce(c.part_of, c.id) AS paced_as
FROM campaigns c
WHERE c.state = 'sending' AND EXISTS (
    SELECT 1 FROM messages m WHERE m.campaign_id = c.id AND m.state IN ('queued', 'deferred') AND m.due_at <= $1)
ORDER BY c.started_at, c.id

-- name: finish_campaigns
-- A campaign is finished only when every message is final and no dynamic list brings others; once, because of the state
-- in the WHERE.
WITH done AS (
    UPDATE campaigns c SET state = 'finished', finished_at = $1, updated_at = $1
    WHERE c.state = 'sending' AND NOT c.is_standing AND c.kind <> 'workflow' AND NOT EXISTS (
        SELECT 1 FROM messages m WHERE m.campaign_id = c.id AND m.state IN ('queued', 'deferred', 'sending', 'paused'))
      AND NOT EXISTS (SELECT 1 FROM campaign_lists f JOIN lists l ON l.id = f.list_id WHERE f.campaign_id = c.id AND l.is_dynamic)
    RETURNING c.id, c.title, c.recipients_count)
INSERT INTO facts (kind, subject_id, data)
SELECT 'campaign_finished', id, jsonb_build_object('title', title, 'recipients', recipients_count) FROM done RETURNING subject_id

-- name: retry
-- Messages in a final state go out again: $2 from which states, $3 which ids (null: all of the campaign).
WITH again AS (
    UPDATE messages SET state = 'queued', due_at = $4, note = NULL, code = NULL, started_at = NULL, attempts = 0, updated_at = $4
    WHERE campaign_id = $1 AND state = ANY($2::text[]) AND ($3::bigint[] IS NULL OR id = ANY($3)) RETURNING id),
moved AS (
    UPDATE campaigns SET state = 'sending', finished_at = NULL, updated_at = $4
    WHERE id = $1 AND state = 'finished' AND EXISTS (SELECT 1 FROM again) RETURNING id)
SELECT count(*) FROM again

-- name: resend_unknown
-- The operator prefers a second copy to a missing one: what became unknown in the last hour goes out again, at most twice.
WITH again AS (
    UPDATE messages m SET state = 'queued', due_at = $1, note = NULL, started_at = NULL, attempts = m.attempts + 1, updated_at = $1
    FROM campaigns c
    WHERE m.state = 'unknown' AND m.updated_at > $1::timestamptz - interval '1 hour' AND m.attempts < 2
        AND c.id = m.campaign_id AND c.state IN ('sending', 'finished') RETURNING m.campaign_id),
moved AS (
    UPDATE campaigns SET state = 'sending', finished_at = NULL, updated_at = $1
    WHERE state = 'finished' AND id IN (SELECT campaign_id FROM again) RETURNING id)
SELECT count(*) FROM again

-- name: peek_tokens
-- The level of a token bucket, locked.
SELECT tokens, updated_at FROM token_buckets WHERE key = $1 FOR UPDATE

-- name: put_tokens
INSERT INTO token_buckets (key, tokens, updated_at) VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET tokens = excluded.tokens, updated_at = excluded.updated_at

-- name: give_back_tokens
-- Locked in the order in which they are taken; more than the limit is cut when the bucket is looked at.
WITH held AS (SELECT key FROM token_buckets WHERE key = ANY($1::text[]) ORDER BY key FOR UPDATE)
UPDATE token_buckets b SET tokens = b.tokens + $2 FROM held WHERE b.key = held.key

-- name: open_breaker
-- The account rests: longer after each failure in a row (30 s, 1 min, 2 min … 1 h).
UPDATE mail_accounts SET failures = failures + 1, error = $2, updated_at = $3,
    closed_until = $3::timestamptz + least(interval '30 seconds' * power(2, least(failures, 7)), interval '1 hour')
WHERE id = $1

-- name: close_breaker
UPDATE mail_accounts SET failures = 0, error = NULL, closed_until = NULL WHERE id = $1 AND (failures > 0 OR error IS NOT NULL)
