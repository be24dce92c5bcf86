-- Mail accounts, one row per recipient, the capture mailbox; counts kept by statement triggers.

CREATE TABLE mail_accounts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            text NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('smtp', 'capture')),
    host            text NOT NULL DEFAULT '',
    port            int NOT NULL DEFAULT 587,
    encryption      text NOT NULL DEFAULT 'starttls' CHECK (encryption IN ('none', 'starttls', 'tls')),
    username        text,
    -- sealed with a key that is not in the database
    password        bytea,
    verifies_tls    boolean NOT NULL DEFAULT true,
    connections     int NOT NULL DEFAULT 10 CHECK (connections BETWEEN 1 AND 200),
    from_name       text NOT NULL DEFAULT '',
    from_email      text NOT NULL DEFAULT '',
    per_second      int,
    per_minute      int,
    per_hour        int,
    per_day         int,
    -- breaker: nothing is claimed for the account before this instant
    closed_until    timestamptz,
    failures        int NOT NULL DEFAULT 0,
    error           text,
    is_enabled      boolean NOT NULL DEFAULT true,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE messages (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id   bigint NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    contact_id    bigint NOT NULL,
    step          int NOT NULL DEFAULT 0,
    uid           uuid NOT NULL DEFAULT gen_random_uuid(),
    email         text NOT NULL,
    state         text NOT NULL DEFAULT 'queued' CHECK (state IN
                  ('queued', 'paused', 'sending', 'deferred', 'sent', 'failed', 'bounced', 'complained', 'cancelled',
                   'unknown')),
    subject_id    bigint,
    account_id    bigint,
    -- kind of the one-to-one mail's own text; null: the campaign's
    subject       text,
    due_at        timestamptz NOT NULL DEFAULT now(),
    leased_until  timestamptz,
    worker        text,
    attempts      smallint NOT NULL DEFAULT 0,
    -- set in its own commit before the first byte goes out: started and without outcome after a crash = unknown
    started_at    timestamptz,
    sent_at       timestamptz,
    code          smallint,
    note          text,
    opens         int NOT NULL DEFAULT 0,
    clicks        int NOT NULL DEFAULT 0,
    opened_at     timestamptz,
    clicked_at    timestamptz,
    unsubscribed_at timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (campaign_id, contact_id, step)
) WITH (fillfactor = 80);
CREATE INDEX messages_due ON messages (campaign_id, due_at, id) WHERE state IN ('queued', 'deferred');
CREATE INDEX messages_in_hand ON messages (leased_until) WHERE state = 'sending';
CREATE INDEX messages_of_contact ON messages (contact_id, id DESC);

-- Differences per campaign and word; words: the states, and opened, clicked, unsubscribed (distinct messages).
CREATE TABLE message_tallies (
    campaign_id  bigint NOT NULL,
    word         text NOT NULL,
    n            bigint NOT NULL
);
CREATE INDEX message_tallies_of ON message_tallies (campaign_id, word) INCLUDE (n);

CREATE FUNCTION tally_message_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO message_tallies SELECT campaign_id, state, count(*) FROM changed GROUP BY 1, 2;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_message_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO message_tallies
    SELECT campaign_id, word, sum(n) FROM (
        SELECT campaign_id, state AS word, count(*) AS n FROM now_rows GROUP BY 1, 2
        UNION ALL SELECT campaign_id, state, -count(*) FROM was_rows GROUP BY 1, 2
        UNION ALL SELECT campaign_id, 'opened', count(*) FROM now_rows WHERE opened_at IS NOT NULL GROUP BY 1
        UNION ALL SELECT campaign_id, 'opened', -count(*) FROM was_rows WHERE opened_at IS NOT NULL GROUP BY 1
        UNION ALL SELECT campaign_id, 'clicked', count(*) FROM now_rows WHERE clicked_at IS NOT NULL GROUP BY 1
        UNION ALL SELECT campaign_id, 'clicked', -count(*) FROM was_rows WHERE clicked_at IS NOT NULL GROUP BY 1
        UNION ALL SELECT campaign_id, 'unsubscribed', count(*) FROM now_rows WHERE unsubscribed_at IS NOT NULL GROUP BY 1
        UNION ALL SELECT campaign_id, 'unsubscribed', -count(*) FROM was_rows WHERE unsubscribed_at IS NOT NULL GROUP BY 1
    ) d GROUP BY 1, 2 HAVING sum(n) <> 0;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_message_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO message_tallies
    SELECT campaign_id, word, -count(*) FROM (
        SELECT campaign_id, state AS word FROM changed
        UNION ALL SELECT campaign_id, 'opened' FROM changed WHERE opened_at IS NOT NULL
        UNION ALL SELECT campaign_id, 'clicked' FROM changed WHERE clicked_at IS NOT NULL
        UNION ALL SELECT campaign_id, 'unsubscribed' FROM changed WHERE unsubscribed_at IS NOT NULL) d
    GROUP BY 1, 2;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_insert AFTER INSERT ON messages REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tally_message_insert();
CREATE TRIGGER tally_update AFTER UPDATE ON messages REFERENCING NEW TABLE AS now_rows OLD TABLE AS was_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tally_message_update();
CREATE TRIGGER tally_delete AFTER DELETE ON messages REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tally_message_delete();

CREATE TABLE captured_mails (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT now(),
    message_id  bigint,
    sender      text NOT NULL,
    recipient   text NOT NULL,
    subject     text NOT NULL DEFAULT '',
    raw         bytea NOT NULL
);
