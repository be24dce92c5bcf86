-- name: messages_in_hand
-- Mails that a sender holds right now: their outcome is written back to them in a moment.
SELECT count(*) FROM messages WHERE contact_id = $1 AND state = 'sending'

-- name: erase_hits
-- Counted hits keep their kind and instant, so that campaigns stay true.
UPDATE hits SET ip = NULL, agent = NULL WHERE message_id IN (SELECT id FROM messages WHERE contact_id = $1)

-- name: erase_single_mails
-- Mails written to this person alone.
UPDATE campaigns SET title = 'Erased ' || id, subject = '', preheader = '', body = '', settings = '{}', updated_at = $2
WHERE kind = 'custom_email_campaign' AND id IN (SELECT campaign_id FROM messages WHERE contact_id = $1)

-- name: erase_messages
-- The rows stay for the counters, each on its own: neither the person nor one mail beside another can be told from them.
UPDATE messages SET contact_id = -id, email = '', note = NULL, subject = NULL, uid = gen_random_uuid(), updated_at = $2,
    state = CASE WHEN state IN ('queued', 'paused', 'deferred') THEN 'cancelled' ELSE state END
WHERE contact_id = $1

-- name: erase_captured
DELETE FROM captured_mails WHERE lower(recipient) = lower($1)

-- name: erase_facts
DELETE FROM facts WHERE contact_id = $1

-- name: erase_webhook_events
-- What other programs were told, or have not been told yet, with its deliveries.
DELETE FROM webhook_events WHERE contact_id = $1

-- name: erase_jobs
-- Arguments of work that is over or waits; what runs now ends by itself and finds nobody.
DELETE FROM jobs WHERE state <> 'running'
    AND (args ->> 'contact_id' = $1::bigint::text OR lower(args ->> 'email') = lower($2))

-- name: erase_rejects
-- Refused rows of imports that name the address.
DELETE FROM import_rejects WHERE EXISTS (SELECT 1 FROM unnest(row) AS cell WHERE lower(trim(cell)) = lower($1))

-- name: erase_logs
DELETE FROM system_logs WHERE position(lower($1) IN lower(title || ' ' || description)) > 0

-- name: erase_contact
-- Notes, consents, events, forms, memberships, exports and links go with the row.
WITH gone AS (DELETE FROM contacts WHERE id = $1 RETURNING id)
INSERT INTO facts (kind, contact_id, data) SELECT 'contact_deleted', id, '{"is_erased": true}' FROM gone

-- name: forget_deleted
-- What deletions before $1 told of people, for whoever had to be told of them.
UPDATE facts SET data = '{}' WHERE kind = 'contact_deleted' AND data <> '{}' AND at < $1
