-- Templates of mails, and patterns: pieces that are put into mails.

CREATE TABLE templates (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title       text NOT NULL,
    state       text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'published')),
    -- what a campaign has too, under the same names
    language    text NOT NULL DEFAULT 'smartcodes',
    subject     text NOT NULL DEFAULT '',
    preheader   text NOT NULL DEFAULT '',
    body        text NOT NULL DEFAULT '',
    design      text NOT NULL DEFAULT 'simple',
    footer      text NOT NULL DEFAULT 'global',
    look        jsonb NOT NULL DEFAULT '{}',
    -- what a dialect keeps beside the core, opaque here
    settings    jsonb NOT NULL DEFAULT '{}',
    created_by  bigint,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);

CREATE TABLE patterns (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug         text NOT NULL UNIQUE,
    title        text NOT NULL,
    content      text NOT NULL DEFAULT '',
    -- by name; the names that were given a row of their own are in pattern_categories
    category     text NOT NULL DEFAULT '',
    description  text NOT NULL DEFAULT '',
    is_synced    boolean NOT NULL DEFAULT false,
    created_by   bigint,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);
CREATE INDEX patterns_category ON patterns (category);

CREATE TABLE pattern_categories (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name  text NOT NULL UNIQUE,
    slug  text NOT NULL
);
