-- Short addresses that lead on and change tags and lists of whoever follows them from a mail.

CREATE TABLE smart_links (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug            text NOT NULL UNIQUE,
    title           text NOT NULL,
    target_url      text NOT NULL,
    tag_ids         bigint[] NOT NULL DEFAULT '{}',
    list_ids        bigint[] NOT NULL DEFAULT '{}',
    remove_tag_ids  bigint[] NOT NULL DEFAULT '{}',
    remove_list_ids bigint[] NOT NULL DEFAULT '{}',
    signs_in        boolean NOT NULL DEFAULT false,
    notes           text NOT NULL DEFAULT '',
    user_id         bigint,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
);

-- Every click appends its difference, reading sums, a job folds: a link in a large mail is no row that all wait for.
CREATE TABLE smart_link_tallies (
    link_id   bigint NOT NULL REFERENCES smart_links ON DELETE CASCADE,
    contacts  bigint NOT NULL,
    clicks    bigint NOT NULL
);
CREATE INDEX smart_link_tallies_of ON smart_link_tallies (link_id) INCLUDE (contacts, clicks);
