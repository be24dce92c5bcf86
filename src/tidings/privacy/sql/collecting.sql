-- name: mails
-- Every mail to a contact with what became of it, and the links that were followed in it.
SELECT m.id, c.title AS campaign, coalesce(m.subject, s.subject, c.subject) AS subject, m.email, m.state, m.sent_at, m.note,
    m.opens, m.opened_at, m.clicks, m.clicked_at, m.unsubscribed_at,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('url', l.url, 'clicks', k.clicks, 'first_at', k.first_at, 'last_at', k.last_at)
                               ORDER BY k.first_at), '[]')
     FROM message_links k JOIN links l ON l.id = k.link_id WHERE k.message_id = m.id) AS links
FROM messages m JOIN campaigns c ON c.id = m.campaign_id LEFT JOIN campaign_subjects s ON s.id = m.subject_id
WHERE m.contact_id = $1 ORDER BY m.id

-- name: hits
-- Single opens and clicks, as long as they are kept.
SELECT h.at, CASE h.kind WHEN 1 THEN 'open' ELSE 'click' END AS kind, h.message_id AS mail, l.url, h.ip, h.agent
FROM hits h JOIN messages m ON m.id = h.message_id LEFT JOIN links l ON l.id = h.link_id
WHERE m.contact_id = $1 AND NOT h.is_anonymous ORDER BY h.at

-- name: notes
SELECT at, kind, title, text, author FROM (
    SELECT n.id, n.created_at AS at, n.kind, n.title, n.description AS text, coalesce(u.display_name, '') AS author
    FROM notes n LEFT JOIN users u ON u.id = n.author_id WHERE n.contact_id = $1) n ORDER BY id

-- name: consents
SELECT at, kind, source, reason, ip FROM consents WHERE contact_id = $1 ORDER BY id

-- name: events
SELECT created_at AS at, updated_at AS last_at, provider, event_key AS key, title, value, counter AS times
FROM contact_events WHERE contact_id = $1 ORDER BY id

-- name: forms
SELECT s.created_at AS at, f.title AS form, s.answers, s.page_url AS page, s.ip, s.agent
FROM form_submissions s JOIN forms f ON f.id = s.form_id WHERE s.contact_id = $1 ORDER BY s.id

-- name: companies
SELECT k.name, m.created_at AS joined_at FROM contact_companies m JOIN companies k ON k.id = m.company_id
WHERE m.contact_id = $1 ORDER BY m.created_at

-- name: automations
SELECT r.created_at AS at, a.title, r.state, r.stepped_at AS last_at
FROM automation_runs r JOIN automations a ON a.id = r.automation_id WHERE r.contact_id = $1 ORDER BY r.id

-- name: pipeline
SELECT at, was_title AS was, now_title AS now, actor, note FROM pipeline_moves WHERE contact_id = $1 ORDER BY id

-- name: history
SELECT at, kind, data FROM facts WHERE contact_id = $1 ORDER BY id

-- name: suppression
SELECT reason, source, at FROM suppressions WHERE email_key = lower($1)
