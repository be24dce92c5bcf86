-- People, their lists, tags, custom fields, notes, consents; counts kept by statement triggers.

CREATE TABLE contacts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id         bigint,
    owner_id        bigint,
    company_id      bigint,
    prefix          text,
    first_name      text,
    last_name       text,
    email           text CHECK (length(email) <= 190),
    phone           text,
    timezone        text,
    address_line_1  text,
    address_line_2  text,
    postal_code     text,
    city            text,
    state           text,
    country         text,
    ip              text,
    latitude        double precision,
    longitude       double precision,
    company_name    text,
    job_title       text,
    website         text,
    points          bigint NOT NULL DEFAULT 0,
    lifetime_value  numeric NOT NULL DEFAULT 0,
    status          text NOT NULL DEFAULT 'subscribed' CHECK (status IN
                    ('subscribed', 'pending', 'unsubscribed', 'transactional', 'bounced', 'complained', 'spammed')),
    sms_status      text NOT NULL DEFAULT 'sms_pending',
    contact_type    text NOT NULL DEFAULT 'lead',
    source          text,
    avatar          text,
    date_of_birth   date,
    custom          jsonb NOT NULL DEFAULT '{}',
    soft_bounces    int NOT NULL DEFAULT 0,
    opened_at       timestamptz,
    clicked_at      timestamptz,
    mailed_at       timestamptz,
    active_at       timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (email IS NOT NULL OR phone IS NOT NULL)
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX contacts_email ON contacts (lower(email));
CREATE INDEX contacts_phone ON contacts (phone) WHERE phone IS NOT NULL;
CREATE INDEX contacts_status ON contacts (status, id);
CREATE INDEX contacts_country ON contacts (lower(country), id) WHERE country IS NOT NULL;
CREATE INDEX contacts_created ON contacts (created_at, id);

CREATE TABLE lists (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id    bigint REFERENCES lists ON DELETE CASCADE,
    title        text NOT NULL,
    slug         text NOT NULL UNIQUE,
    description  text,
    is_public    boolean NOT NULL DEFAULT false,
    color        text,
    is_dynamic   boolean NOT NULL DEFAULT false,
    settings     jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX lists_parent ON lists (parent_id);

CREATE TABLE tags (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title        text NOT NULL,
    slug         text NOT NULL UNIQUE,
    description  text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tags_title ON tags (lower(title));
CREATE INDEX lists_title ON lists (lower(title));

-- id: a membership has a name of its own, because a Furiosa contact is a membership.
-- The contact side has no foreign key: memberships are written only by INSERT … SELECT from contacts under
-- FOR KEY SHARE, and the contact's delete trigger removes them as a set while it still knows the addresses.
CREATE TABLE contact_lists (
    contact_id  bigint NOT NULL,
    list_id     bigint NOT NULL REFERENCES lists ON DELETE CASCADE,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (contact_id, list_id)
);
CREATE UNIQUE INDEX contact_lists_id ON contact_lists (id);
CREATE INDEX contact_lists_of_list ON contact_lists (list_id, contact_id);

CREATE TABLE contact_tags (
    contact_id  bigint NOT NULL,
    tag_id      bigint NOT NULL REFERENCES tags ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (contact_id, tag_id)
);
CREATE INDEX contact_tags_of_tag ON contact_tags (tag_id, contact_id);

CREATE FUNCTION tally_list_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies (scope, key, contacts, emails, phones)
    SELECT 'list', m.list_id, count(*), count(c.email), count(c.phone)
    FROM changed m JOIN contacts c ON c.id = m.contact_id GROUP BY m.list_id;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_list_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies (scope, key, contacts, emails, phones)
    SELECT 'list', m.list_id, -count(*), -count(c.email), -count(c.phone)
    FROM changed m JOIN contacts c ON c.id = m.contact_id GROUP BY m.list_id;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_tag_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies (scope, key, contacts) SELECT 'tag', tag_id, count(*) FROM changed GROUP BY tag_id;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_tag_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies (scope, key, contacts) SELECT 'tag', tag_id, -count(*) FROM changed GROUP BY tag_id;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_contact_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies (scope, key, word, contacts, emails, phones)
    SELECT 'status', 0, status, count(*), count(email), count(phone) FROM changed GROUP BY status;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_contact_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies (scope, key, word, contacts, emails, phones)
    SELECT 'status', 0, status, -count(*), -count(email), -count(phone) FROM changed GROUP BY status;
    -- The contacts are gone, so tally_list_delete finds nobody to count; their lists are counted here.
    INSERT INTO tallies (scope, key, contacts, emails, phones)
    SELECT 'list', m.list_id, -count(*), -count(c.email), -count(c.phone)
    FROM changed c JOIN contact_lists m ON m.contact_id = c.id GROUP BY m.list_id;
    DELETE FROM contact_lists m USING changed c WHERE m.contact_id = c.id;
    DELETE FROM contact_tags m USING changed c WHERE m.contact_id = c.id;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_contact_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies (scope, key, word, contacts, emails, phones)
    SELECT 'status', 0, status, sum(n), sum(e), sum(p) FROM (
        SELECT status, 1 AS n, (email IS NOT NULL)::int AS e, (phone IS NOT NULL)::int AS p FROM now_rows
        UNION ALL
        SELECT status, -1, -(email IS NOT NULL)::int, -(phone IS NOT NULL)::int FROM was_rows) d
    GROUP BY status HAVING sum(n) <> 0 OR sum(e) <> 0 OR sum(p) <> 0;
    INSERT INTO tallies (scope, key, emails, phones)
    SELECT 'list', m.list_id, sum((n.email IS NOT NULL)::int - (w.email IS NOT NULL)::int),
           sum((n.phone IS NOT NULL)::int - (w.phone IS NOT NULL)::int)
    FROM now_rows n JOIN was_rows w ON w.id = n.id
         JOIN contact_lists m ON m.contact_id = n.id
    WHERE (n.email IS NULL) <> (w.email IS NULL) OR (n.phone IS NULL) <> (w.phone IS NULL)
    GROUP BY m.list_id;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_insert AFTER INSERT ON contact_lists REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tally_list_insert();
CREATE TRIGGER tally_delete AFTER DELETE ON contact_lists REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tally_list_delete();
CREATE TRIGGER tally_insert AFTER INSERT ON contact_tags REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tally_tag_insert();
CREATE TRIGGER tally_delete AFTER DELETE ON contact_tags REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tally_tag_delete();
CREATE TRIGGER tally_insert AFTER INSERT ON contacts REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tally_contact_insert();
CREATE TRIGGER tally_delete AFTER DELETE ON contacts REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tally_contact_delete();
CREATE TRIGGER tally_update AFTER UPDATE ON contacts REFERENCING NEW TABLE AS now_rows OLD TABLE AS was_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tally_contact_update();

CREATE TABLE custom_fields (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject     text NOT NULL DEFAULT 'contact' CHECK (subject IN ('contact', 'company')),
    slug        text NOT NULL,
    label       text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('text', 'textarea', 'number', 'single-select', 'multi-select', 'radio',
                                              'checkbox', 'date', 'date_time')),
    group_name  text NOT NULL DEFAULT 'default',
    options     text[] NOT NULL DEFAULT '{}',
    help        text NOT NULL DEFAULT '',
    position    int NOT NULL,
    UNIQUE (subject, slug)
);

-- The one rule by which a stored status meets a wanted one; may_rise is the explicit flag of an operator.
CREATE FUNCTION merged_status(stored text, wanted text, may_rise boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN wanted IS NULL THEN stored
        WHEN may_rise THEN wanted
        WHEN stored IN ('bounced', 'complained', 'spammed') THEN stored
        WHEN wanted IN ('unsubscribed', 'bounced', 'complained', 'spammed') THEN wanted
        WHEN stored = 'unsubscribed' THEN stored
        WHEN stored = 'subscribed' THEN stored
        WHEN stored = 'transactional' AND wanted = 'pending' THEN stored
        ELSE wanted
    END
$$;

CREATE TABLE notes (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id   bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    parent_id    bigint,
    author_id    bigint,
    kind         text NOT NULL DEFAULT 'note',
    status       text NOT NULL DEFAULT 'open',
    title        text NOT NULL DEFAULT '',
    description  text NOT NULL DEFAULT '',
    is_private   boolean NOT NULL DEFAULT true,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX notes_of_contact ON notes (contact_id, id DESC);

CREATE TABLE labels (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug         text NOT NULL,
    title        text NOT NULL,
    description  text NOT NULL DEFAULT '',
    position     int NOT NULL DEFAULT 0,
    color        text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);

-- The consent ledger: append-only, survives edits of the contact.
CREATE TABLE consents (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id  bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    at          timestamptz NOT NULL DEFAULT now(),
    kind        text NOT NULL CHECK (kind IN ('opt_in', 'opt_out', 'objection')),
    source      text NOT NULL DEFAULT 'not_specified',
    reason      text NOT NULL DEFAULT '',
    ip          text,
    data        jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX consents_of_contact ON consents (contact_id, id DESC);

-- Addresses that must never be mailed again, whatever happens to a contact record.
CREATE TABLE suppressions (
    email_key   text PRIMARY KEY CHECK (email_key = lower(email_key)),
    reason      text NOT NULL,
    source      text NOT NULL DEFAULT '',
    at          timestamptz NOT NULL DEFAULT now()
);

-- Events that outside systems report about a contact: the same key and title again raise the counter.
CREATE TABLE contact_events (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id   bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    provider     text NOT NULL DEFAULT 'custom',
    event_key    text NOT NULL,
    title        text NOT NULL,
    value        text NOT NULL DEFAULT '',
    counter      int NOT NULL DEFAULT 1,
    created_by   bigint,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX contact_events_of ON contact_events (contact_id, id DESC);
