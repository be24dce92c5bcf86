-- The portal of contacts: tickets that were used, and sessions of its own.

CREATE TABLE portal_tickets_used (
    contact_id  bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    name        text NOT NULL,
    -- when the ticket is over by itself, and the line with it
    until       timestamptz NOT NULL,
    PRIMARY KEY (contact_id, name)
);
CREATE INDEX portal_tickets_used_until ON portal_tickets_used (until);

CREATE TABLE portal_sessions (
    -- MAC of the token in the cookie
    token_hash  bytea PRIMARY KEY,
    contact_id  bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    -- lower case; a session ends when the contact's address becomes another
    address     text NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX portal_sessions_of_contact ON portal_sessions (contact_id);
CREATE INDEX portal_sessions_expiry ON portal_sessions (expires_at);
