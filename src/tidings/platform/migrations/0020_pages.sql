-- Landing pages, what is counted of them, and how lists grew.

CREATE TABLE pages (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug          text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?$'),
    title         text NOT NULL,
    state         text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'published', 'unpublished')),
    mode          text NOT NULL DEFAULT 'blocks' CHECK (mode IN ('blocks', 'html')),
    blocks        jsonb NOT NULL DEFAULT '[]',
    html          text NOT NULL DEFAULT '',
    settings      jsonb NOT NULL DEFAULT '{}',
    -- the form that stands on it, and the list and its groups that it feeds beside those of the form
    form_id       bigint REFERENCES forms ON DELETE SET NULL,
    list_id       bigint REFERENCES lists ON DELETE SET NULL,
    group_ids     bigint[] NOT NULL DEFAULT '{}',
    -- raised by every change: what was rendered is kept by (id, version)
    version       int NOT NULL DEFAULT 1,
    created_by    bigint,
    published_at  timestamptz,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
);
CREATE INDEX pages_form ON pages (form_id);
CREATE INDEX pages_list ON pages (list_id);

-- Every group of visits appends its difference, reading sums, a job folds; `day` is one of the installation's zone.
CREATE TABLE page_tallies (
    page_id      bigint NOT NULL,
    day          date NOT NULL,
    views        bigint NOT NULL DEFAULT 0,
    submissions  bigint NOT NULL DEFAULT 0
);
CREATE INDEX page_tallies_of ON page_tallies (page_id, day) INCLUDE (views, submissions);
CREATE INDEX page_tallies_day ON page_tallies (day);

ALTER TABLE form_submissions ADD COLUMN page_id bigint REFERENCES pages ON DELETE SET NULL;
CREATE INDEX form_submissions_of_page ON form_submissions (page_id, id DESC) WHERE page_id IS NOT NULL;

-- Who came to a list and who went, by quarters of an hour: midnight of every time zone is the begin of one.
CREATE TABLE list_changes (
    list_id  bigint NOT NULL,
    at       timestamptz NOT NULL,
    added    bigint NOT NULL DEFAULT 0,
    removed  bigint NOT NULL DEFAULT 0
);
CREATE INDEX list_changes_of ON list_changes (list_id, at) INCLUDE (added, removed);
CREATE INDEX list_changes_at ON list_changes (at);

-- Statement triggers of their own: whoever writes memberships, and however they go (with the contact, too), is told here.
CREATE FUNCTION tell_list_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO list_changes (list_id, at, added)
    SELECT list_id, date_bin('15 minutes', now(), 'epoch'), count(*) FROM changed GROUP BY list_id;
    RETURN NULL;
END $$;
CREATE FUNCTION tell_list_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO list_changes (list_id, at, removed)
    SELECT list_id, date_bin('15 minutes', now(), 'epoch'), count(*) FROM changed GROUP BY list_id;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_insert AFTER INSERT ON contact_lists REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_list_insert();
CREATE TRIGGER tell_delete AFTER DELETE ON contact_lists REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_list_delete();
