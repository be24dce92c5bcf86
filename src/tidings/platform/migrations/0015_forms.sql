-- Forms on web pages by which people join, and what they filled in.

CREATE TABLE forms (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug        text NOT NULL UNIQUE,
    title       text NOT NULL,
    template    text NOT NULL DEFAULT '',
    state       text NOT NULL DEFAULT 'published' CHECK (state IN ('published', 'closed')),
    fields      jsonb NOT NULL,
    list_ids    bigint[] NOT NULL DEFAULT '{}',
    tag_ids     bigint[] NOT NULL DEFAULT '{}',
    settings    jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX forms_title ON forms (lower(title));

CREATE TABLE form_submissions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    form_id     bigint NOT NULL REFERENCES forms ON DELETE CASCADE,
    -- What somebody filled in goes with the person.
    contact_id  bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    state       text NOT NULL DEFAULT 'unread' CHECK (state IN ('unread', 'read')),
    answers     jsonb NOT NULL,
    ip          text,
    agent       text,
    page_url    text,
    created_at  timestamptz NOT NULL
);
CREATE INDEX form_submissions_of_form ON form_submissions (form_id, id DESC);
CREATE INDEX form_submissions_of_contact ON form_submissions (contact_id, id DESC);
