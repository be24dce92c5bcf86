-- Personal data: addresses of erased people as keyed hashes, exports as files, links of single use that are mailed.

-- HMAC of the lower-case address under a key that is not in the database: who was erased stays unmailed, unnamed.
CREATE TABLE erased_addresses (
    key  bytea PRIMARY KEY,
    at   timestamptz NOT NULL
);

CREATE TABLE personal_exports (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id   bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    -- a random name below <data>/exports; null while it is being made
    path         text,
    size         bigint NOT NULL DEFAULT 0,
    user_id      bigint,
    created_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX personal_exports_of_contact ON personal_exports (contact_id, id DESC);

CREATE TABLE privacy_links (
    -- keyed hash of the token in the link
    token_hash  bytea PRIMARY KEY,
    purpose     text NOT NULL CHECK (purpose IN ('export', 'erase')),
    contact_id  bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    export_id   bigint REFERENCES personal_exports ON DELETE CASCADE,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX privacy_links_of_contact ON privacy_links (contact_id);

-- What a deletion tells of a person is forgotten after a while; these facts are few.
CREATE INDEX facts_of_deletions ON facts (at) WHERE kind = 'contact_deleted' AND data <> '{}';
