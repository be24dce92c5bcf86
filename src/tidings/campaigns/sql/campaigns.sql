-- name: move
-- A change of state is conditional on the state it starts from; nothing comes back when somebody else was faster.
UPDATE campaigns SET state = $2, updated_at = $4,
    started_at = CASE WHEN $2 = 'sending' THEN coalesce(started_at, $4) ELSE started_at END,
    finished_at = CASE WHEN $2 IN ('finished', 'cancelled') THEN $4 WHEN $2 = 'sending' THEN NULL ELSE finished_at END
WHERE id = $1 AND state = ANY($3::text[]) RETURNING id

-- name: next_chunk
-- The last contact id of the next chunk of ids after $1, or nothing when there are no more.
SELECT max(id) FROM (SELECT id FROM contacts WHERE id > $1 ORDER BY id LIMIT $2) c

-- name: advance_drawing
UPDATE campaigns SET drawn_up_to = $3, recipients_count = recipients_count + $4, updated_at = $5
WHERE id = $1 AND state = 'drawing' AND drawn_up_to = $2 RETURNING id

-- name: move_parts
-- The mails of a campaign of several steps ($1) follow it: $2 its state.
UPDATE campaigns SET state = $2, updated_at = $3 WHERE part_of = $1 AND state NOT IN ('draft', $2)

-- name: archive
UPDATE campaigns SET archived_at = $2, updated_at = $2
WHERE id = $1 AND state IN ('finished', 'cancelled') AND archived_at IS NULL RETURNING title

-- name: pick
-- Contacts that match and may be mailed are picked for the campaign $1.
INSERT INTO campaign_contacts (campaign_id, contact_id, added_at)
SELECT $1, c.id, $2::timestamptz FROM contacts c WHERE {mailable} AND ({where}) ON CONFLICT DO NOTHING RETURNING contact_id

-- name: unpick
-- Contacts ($2) are picked no more; what still waits for them goes. Comes back: who had either.
WITH gone AS (
    DELETE FROM campaign_contacts WHERE campaign_id = $1 AND contact_id = ANY($2::bigint[]) RETURNING contact_id),
waiting AS (
    DELETE FROM messages WHERE campaign_id IN (SELECT id FROM campaigns WHERE id = $1 OR part_of = $1)
        AND contact_id = ANY($2) AND state IN ('queued', 'deferred', 'paused') RETURNING campaign_id, contact_id),
counted AS (
    UPDATE campaigns c SET recipients_count = c.recipients_count - w.n, updated_at = $3
    FROM (SELECT campaign_id, count(*) AS n FROM waiting GROUP BY 1) w WHERE c.id = w.campaign_id)
SELECT contact_id FROM gone UNION SELECT contact_id FROM waiting

-- name: due
-- Scheduled campaigns whose recipients should be drawn now, or that should start now.
SELECT id, state, is_drawn, scheduled_at FROM campaigns
WHERE (state = 'scheduled' AND NOT is_drawn AND scheduled_at <= $1::timestamptz + $2::interval)
   OR (state = 'scheduled' AND is_drawn AND scheduled_at <= $1)
   OR state = 'drawing'
ORDER BY id

-- name: counts
-- Of a campaign of several steps: of all its mails together.
SELECT campaign_id, word, sum(n)::bigint AS n FROM (
    SELECT campaign_id, word, n FROM message_tallies WHERE campaign_id = ANY($1::bigint[])
    UNION ALL
    SELECT p.part_of, t.word, t.n FROM campaigns p JOIN message_tallies t ON t.campaign_id = p.id
    WHERE p.part_of = ANY($1::bigint[])) counted
GROUP BY campaign_id, word

-- name: parts
-- The mails of a campaign of several steps, and itself.
SELECT id FROM campaigns WHERE id = $1 OR part_of = $1 ORDER BY id

-- name: subjects
SELECT campaign_id, id, weight, subject FROM campaign_subjects WHERE campaign_id = ANY($1::bigint[]) ORDER BY id

-- name: labels
SELECT campaign_id, label_id FROM campaign_labels WHERE campaign_id = ANY($1::bigint[]) ORDER BY label_id

-- name: duplicate
INSERT INTO campaigns (parent_id, kind, title, slug, language, subject, preheader, body, design, template_id, footer, look, audience,
                       sender, settings, utm, is_transactional, tracks_opens, tracks_clicks, account_ids, per_minute,
                       per_hour, description, outreach, sends_within, created_by, created_at, updated_at)
SELECT parent_id, kind, $2, slug, language, subject, preheader, body, design, template_id, footer, look, audience, sender, settings,
       utm, is_transactional, tracks_opens, tracks_clicks, account_ids, per_minute, per_hour, description, outreach, sends_within, $3, $4, $4
FROM campaigns WHERE id = $1 RETURNING id

-- name: duplicate_subjects
INSERT INTO campaign_subjects (campaign_id, weight, subject)
SELECT $2, weight, subject FROM campaign_subjects WHERE campaign_id = $1 ORDER BY id

-- name: duplicate_labels
INSERT INTO campaign_labels (campaign_id, label_id) SELECT $2, label_id FROM campaign_labels WHERE campaign_id = $1

-- name: cancel_open_messages
UPDATE messages SET state = 'cancelled', note = $2, updated_at = $3
WHERE campaign_id IN (SELECT id FROM campaigns WHERE id = $1 OR part_of = $1) AND state IN ('queued', 'deferred', 'paused')

-- name: pause_messages
UPDATE messages SET state = 'paused', updated_at = $2
WHERE campaign_id IN (SELECT id FROM campaigns WHERE id = $1 OR part_of = $1) AND state IN ('queued', 'deferred')

-- name: resume_messages
UPDATE messages SET state = 'queued', updated_at = $2
WHERE campaign_id IN (SELECT id FROM campaigns WHERE id = $1 OR part_of = $1) AND state = 'paused'

-- name: remove_messages
DELETE FROM messages WHERE campaign_id = $1 AND state IN ('queued', 'deferred', 'paused', 'cancelled')

-- name: forget_plan
UPDATE campaigns SET scheduled_at = NULL, spread_until = NULL, is_drawn = false, drawn_up_to = 0, recipients_count = 0
WHERE id = $1

-- name: queue_standing
-- One message per contact ($2) and pass ($3) for those who may be mailed; those that are there already come back too.
WITH mailing AS (SELECT is_transactional FROM campaigns WHERE id = $1),
wanted AS (
    SELECT c.id, c.email, w.pass FROM unnest($2::bigint[], $3::int[]) AS w (contact_id, pass)
    JOIN contacts c ON c.id = w.contact_id CROSS JOIN mailing
    WHERE c.email IS NOT NULL AND (c.status = 'subscribed' OR (mailing.is_transactional AND c.status = 'transactional'))
      AND NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.email_key = lower(c.email))),
made AS (
    INSERT INTO messages (campaign_id, contact_id, email, step, due_at, created_at, updated_at)
    SELECT $1, id, email, pass, $4, $5, $5 FROM wanted
    ON CONFLICT (campaign_id, contact_id, step) DO NOTHING RETURNING contact_id)
SELECT w.id AS contact_id, (m.contact_id IS NOT NULL)::int AS is_new FROM wanted w LEFT JOIN made m ON m.contact_id = w.id

-- name: start_standing
UPDATE campaigns SET state = 'sending', is_drawn = true, started_at = coalesce(started_at, $3),
    recipients_count = recipients_count + $2 WHERE id = $1

-- name: link_lists
INSERT INTO campaign_lists (campaign_id, list_id) SELECT $1, id FROM lists WHERE id = ANY($2::bigint[]) ON CONFLICT DO NOTHING

-- name: dynamic_lists
SELECT l.id FROM campaign_lists m JOIN lists l ON l.id = m.list_id WHERE m.campaign_id = $1 AND l.is_dynamic ORDER BY l.id

-- name: fed
-- Running campaigns of one mail, locked, that dynamic ones of the lists $1 feed.
SELECT {columns}, fed.list_ids FROM campaigns c JOIN LATERAL (
    SELECT array_agg(f.list_id) AS list_ids FROM campaign_lists f JOIN lists l ON l.id = f.list_id
    WHERE f.campaign_id = c.id AND f.list_id = ANY($1::bigint[]) AND l.is_dynamic) fed ON fed.list_ids IS NOT NULL
WHERE c.id IN (SELECT campaign_id FROM campaign_lists WHERE list_id = ANY($1::bigint[]))
  AND c.kind <> $2 AND c.state IN ('scheduled', 'drawing', 'sending')
ORDER BY c.id FOR UPDATE OF c

-- name: copy_content
-- What is written moves over only when it differs, so that a compiled mail stays good.
WITH source AS (SELECT * FROM campaigns WHERE id = $1),
changed AS (
    UPDATE campaigns c SET subject = s.subject, preheader = s.preheader, body = s.body, design = s.design, look = s.look,
        footer = s.footer, sender = s.sender, language = s.language, utm = s.utm, settings = s.settings,
        is_transactional = s.is_transactional, version = c.version + 1, updated_at = $3
    FROM source s WHERE c.id = $2 AND c.is_standing
      AND (c.subject, c.preheader, c.body, c.design, c.look, c.footer, c.sender, c.language)
          IS DISTINCT FROM (s.subject, s.preheader, s.body, s.design, s.look, s.footer, s.sender, s.language)
    RETURNING c.id)
SELECT count(*) > 0 FROM source

-- name: cancel_standing
UPDATE messages m SET state = 'cancelled', note = $2, updated_at = $3
FROM campaigns c WHERE m.contact_id = ANY($1::bigint[]) AND m.state IN ('queued', 'deferred', 'paused')
  AND c.id = m.campaign_id AND c.is_standing AND NOT c.is_transactional
