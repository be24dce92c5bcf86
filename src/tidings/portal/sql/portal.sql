-- name: use_ticket
-- One line for each ticket: of two that use it at once one wins.
INSERT INTO portal_tickets_used (contact_id, name, until) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true

-- name: is_used
SELECT EXISTS (SELECT 1 FROM portal_tickets_used WHERE contact_id = $1 AND name = $2)

-- name: open_session
INSERT INTO portal_sessions (token_hash, contact_id, address, created_at, expires_at)
SELECT $1, id, lower(email), $3, $4 FROM contacts WHERE id = $2 AND email = $5 RETURNING true

-- name: contact_of_session
SELECT s.contact_id FROM portal_sessions s JOIN contacts c ON c.id = s.contact_id AND lower(c.email) = s.address
WHERE s.token_hash = $1 AND s.expires_at > $2
