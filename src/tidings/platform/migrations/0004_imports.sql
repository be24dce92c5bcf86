-- Imports: what was uploaded, how far it got, and which rows were refused.

-- Who runs an import holds an advisory lock on its session, which ends with the process.
-- path: a random name below <data>/uploads. bytes_done, lines_done: where the next chunk begins.
-- rows_done = created + updated + skipped + rejected, always.
CREATE TABLE imports (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id       bigint,
    file_name     text NOT NULL,
    path          text NOT NULL,
    state         text NOT NULL DEFAULT 'uploaded'
                  CHECK (state IN ('uploaded', 'queued', 'running', 'stopping', 'stopped', 'done', 'failed')),
    dialect       jsonb NOT NULL DEFAULT '{}',
    mapping       jsonb NOT NULL DEFAULT '{}',
    options       jsonb NOT NULL DEFAULT '{}',
    bytes_total   bigint NOT NULL DEFAULT 0,
    bytes_done    bigint NOT NULL DEFAULT 0,
    lines_done    bigint NOT NULL DEFAULT 0,
    rows_done     bigint NOT NULL DEFAULT 0,
    created       bigint NOT NULL DEFAULT 0,
    updated       bigint NOT NULL DEFAULT 0,
    skipped       bigint NOT NULL DEFAULT 0,
    rejected      bigint NOT NULL DEFAULT 0,
    error         text,
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
