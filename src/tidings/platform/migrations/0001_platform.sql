-- Settings, facts, readers, jobs, leases, rate windows, token buckets: what every feature stands on.

CREATE TABLE settings (
    name        text PRIMARY KEY,
    value       jsonb NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now()
);

-- One append-only log. xid lets a reader take only facts whose transaction is older than every running one.
CREATE TABLE facts (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at          timestamptz NOT NULL DEFAULT now(),
    kind        text NOT NULL,
    contact_id  bigint,
    subject_id  bigint,
    object_id   bigint,
    is_silent   boolean NOT NULL DEFAULT false,
    data        jsonb NOT NULL DEFAULT '{}'
) PARTITION BY RANGE (at);

CREATE INDEX facts_in_commit_order ON facts (xid, id);
CREATE INDEX facts_of_contact ON facts (contact_id, id DESC);
CREATE TABLE facts_rest PARTITION OF facts DEFAULT;

CREATE TABLE fact_readers (
    name        text PRIMARY KEY,
    xid         xid8 NOT NULL DEFAULT '0',
    id          bigint NOT NULL DEFAULT 0,
    updated_at  timestamptz NOT NULL DEFAULT now()
);

-- Makes the monthly partitions of a table partitioned by "at", from this month on; safe to call again.
CREATE FUNCTION ensure_month_partitions(parent text, months_ahead int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', now())::date;
    made  int := 0;
    part  text;
BEGIN
    FOR i IN 0..months_ahead LOOP
        part := parent || '_' || to_char(first + make_interval(months => i), 'YYYYMM');
        IF to_regclass(part) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent,
                           (first + make_interval(months => i))::date, (first + make_interval(months => i + 1))::date);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;

SELECT ensure_month_partitions('facts', 3);

CREATE TABLE jobs (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL,
    args          jsonb NOT NULL DEFAULT '{}',
    state         text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed', 'stopped')),
    unique_key    text,
    due_at        timestamptz NOT NULL DEFAULT now(),
    -- raised by every claim: whoever holds an older number has lost the job
    attempts      int NOT NULL DEFAULT 0,
    -- errors and deaths; a job given back in an orderly stop has not failed
    failures      int NOT NULL DEFAULT 0,
    leased_until  timestamptz,
    progress      jsonb NOT NULL DEFAULT '{}',
    error         text,
    user_id       bigint,
    stop_asked_at timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    finished_at   timestamptz
);
CREATE INDEX jobs_due ON jobs (due_at) WHERE state IN ('queued', 'running');
CREATE UNIQUE INDEX jobs_once ON jobs (unique_key) WHERE state IN ('queued', 'running');

CREATE TABLE leases (
    name        text PRIMARY KEY,
    holder      text NOT NULL,
    expires_at  timestamptz NOT NULL
);

-- Counters of a fixed window. Unlogged: after a crash of the database a window starts afresh.
CREATE UNLOGGED TABLE rate_windows (
    key         text PRIMARY KEY,
    window_at   timestamptz NOT NULL,
    used        int NOT NULL
) WITH (fillfactor = 50);

-- Token buckets: limits that hold across processes and hosts.
CREATE TABLE token_buckets (
    key         text PRIMARY KEY,
    tokens      double precision NOT NULL,
    updated_at  timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Counts that are always right: every change appends its difference, reading sums, a job folds.
-- scope: 'list', 'tag', 'status'; key: id of the list or tag, 0 for a status; word: the status, else ''.
CREATE TABLE tallies (
    scope     text NOT NULL,
    key       bigint NOT NULL,
    word      text NOT NULL DEFAULT '',
    contacts  bigint NOT NULL DEFAULT 0,
    emails    bigint NOT NULL DEFAULT 0,
    phones    bigint NOT NULL DEFAULT 0
);
CREATE INDEX tallies_of ON tallies (scope, key, word) INCLUDE (contacts, emails, phones);

CREATE TABLE system_logs (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL DEFAULT now(),
    title        text NOT NULL,
    description  text NOT NULL DEFAULT ''
);
