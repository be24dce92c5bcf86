-- name: lock_contacts
-- First of all, so that what follows sees every membership of theirs; in id order, so that two writers never deadlock.
SELECT id FROM contacts WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE

-- name: lock_members
-- Everybody in companies, before these go: who joins locks contacts first and the company second, and so do we.
SELECT id FROM contacts WHERE id IN (SELECT contact_id FROM contact_companies WHERE company_id = ANY($1::bigint[]))
ORDER BY id FOR NO KEY UPDATE

-- name: join
-- New memberships, the primary company of who has none, the facts; $1/$2: pairs of contact and company, $3: silent.
WITH wanted AS (
    SELECT contact_id, company_id, min(place) AS place
    FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS w (contact_id, company_id, place) GROUP BY 1, 2),
known AS (SELECT id FROM companies WHERE id = ANY($2::bigint[]) ORDER BY id FOR KEY SHARE),
added AS (
    INSERT INTO contact_companies (contact_id, company_id, created_at)
    SELECT w.contact_id, w.company_id, $4 FROM wanted w JOIN known k ON k.id = w.company_id
    JOIN contacts c ON c.id = w.contact_id ON CONFLICT DO NOTHING RETURNING contact_id, company_id),
first AS (
    SELECT DISTINCT ON (a.contact_id) a.contact_id, a.company_id FROM added a JOIN wanted w USING (contact_id, company_id)
    ORDER BY a.contact_id, w.place),
made_primary AS (
    UPDATE contacts c SET company_id = f.company_id, updated_at = $4
    FROM first f WHERE c.id = f.contact_id AND c.company_id IS NULL),
told AS (
    INSERT INTO facts (kind, contact_id, is_silent, data)
    SELECT 'contact_joined_company', contact_id, $3::bool,
           jsonb_build_object('company_ids', jsonb_agg(company_id ORDER BY company_id)) FROM added GROUP BY contact_id)
SELECT DISTINCT contact_id FROM added ORDER BY contact_id

-- name: leave
WITH gone AS (
    DELETE FROM contact_companies m USING unnest($1::bigint[], $2::bigint[]) AS w (contact_id, company_id)
    WHERE m.contact_id = w.contact_id AND m.company_id = w.company_id RETURNING m.contact_id, m.company_id),
told AS (
    INSERT INTO facts (kind, contact_id, is_silent, data)
    SELECT 'contact_left_company', contact_id, $3::bool,
           jsonb_build_object('company_ids', jsonb_agg(company_id ORDER BY company_id)) FROM gone GROUP BY contact_id)
SELECT DISTINCT contact_id FROM gone ORDER BY contact_id

-- name: promote
-- Whose primary company they no longer belong to gets the one they have longest, or none.
UPDATE contacts c SET company_id = (
        SELECT m.company_id FROM contact_companies m WHERE m.contact_id = c.id ORDER BY m.created_at, m.company_id LIMIT 1),
    updated_at = $2
WHERE c.id = ANY($1::bigint[]) AND c.company_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM contact_companies m WHERE m.contact_id = c.id AND m.company_id = c.company_id)
RETURNING c.id, c.company_id

-- name: promote_all
-- The same for everybody whose primary company is one of $1, which are gone.
UPDATE contacts c SET company_id = (
        SELECT m.company_id FROM contact_companies m WHERE m.contact_id = c.id ORDER BY m.created_at, m.company_id LIMIT 1),
    updated_at = $2
WHERE c.company_id = ANY($1::bigint[])

-- name: make_primary
WITH changed AS (
    UPDATE contacts SET company_id = $2, updated_at = $3
    WHERE id = ANY($1::bigint[]) AND company_id IS DISTINCT FROM $2 RETURNING id)
INSERT INTO facts (kind, contact_id, data) SELECT 'contact_updated', id, '{"changed": ["company_id"]}' FROM changed
