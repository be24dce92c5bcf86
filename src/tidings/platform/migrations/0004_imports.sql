-- Imports: what was uploaded, how far it got, and which rows were refused.

CREATE TABLE imports (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id       bigint,
    file_name     text NOT NULL,
    path          text NOT NULL,
    state         text NOT NULL DEFAULT 'uploaded'
                  CHECK (state IN ('uploaded', 'running', 'stopping', 'stopped', 'done', 'failed')),
    dialect       jsonb NOT NULL DEFAULT '{}',
    options       jsonb NOT NULL DEFAULT '{}',
    bytes_total   bigint NOT NULL DEFAULT 0,
    bytes_done    bigint NOT NULL DEFAULT 0,
    rows_done     bigint NOT NULL DEFAULT 0,
    created       bigint NOT NULL DEFAULT 0,
    updated       bigint NOT NULL DEFAULT 0,
    skipped       bigint NOT NULL DEFAULT 0,
    rejected      bigint NOT NULL DEFAULT 0,
    error         text,
    leased_until  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    started_at    timestamptz,
    finished_at   timestamptz
);

CREATE TABLE import_rejects (
    import_id  bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    line       bigint NOT NULL,
    reason     text NOT NULL,
    row        text[] NOT NULL,
    PRIMARY KEY (import_id, line)
);
