-- Who may come in: users, sessions, keys, and the book of what they did.

CREATE TABLE users (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login          text NOT NULL,
    email          text NOT NULL,
    first_name     text NOT NULL DEFAULT '',
    last_name      text NOT NULL DEFAULT '',
    display_name   text NOT NULL DEFAULT '',
    role           text NOT NULL DEFAULT 'subscriber',
    permissions    text[] NOT NULL DEFAULT '{}',
    password_hash  text,
    -- raised on password, role and two-factor change: every session and key minted before dies
    epoch          int NOT NULL DEFAULT 0,
    preferences    jsonb NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    disabled_at    timestamptz
);
CREATE UNIQUE INDEX users_login ON users (lower(login));
CREATE UNIQUE INDEX users_email ON users (lower(email));

CREATE TABLE sessions (
    token_hash  bytea PRIMARY KEY,
    user_id     bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    epoch       int NOT NULL,
    ip          text,
    agent       text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    seen_at     timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
);
CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE api_keys (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid         uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    kind         text NOT NULL CHECK (kind IN ('application-password', 'furiosa', 'fluenzr')),
    user_id      bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    name         text NOT NULL,
    -- keyed hash: a leaked database reveals no key
    secret_hash  bytea NOT NULL UNIQUE,
    hint         text NOT NULL,
    scopes       text[] NOT NULL DEFAULT '{}',
    is_read_only boolean NOT NULL DEFAULT false,
    per_minute   int,
    epoch        int NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    used_at      timestamptz,
    used_ip      text,
    revoked_at   timestamptz
);
CREATE INDEX api_keys_of_user ON api_keys (user_id);

CREATE TABLE audit_entries (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    user_id   bigint,
    actor     text NOT NULL,
    action    text NOT NULL,
    object    text NOT NULL DEFAULT '',
    data      jsonb NOT NULL DEFAULT '{}',
    ip        text
);
CREATE INDEX audit_entries_at ON audit_entries (at);
