-- Hits as they arrive, folded by a projector into messages, contacts and facts.

CREATE TABLE hits (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    xid          xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at           timestamptz NOT NULL DEFAULT now(),
    -- 1 open, 2 click
    kind         smallint NOT NULL,
    message_id   bigint NOT NULL,
    link_id      bigint,
    is_machine   boolean NOT NULL DEFAULT false,
    is_anonymous boolean NOT NULL DEFAULT false,
    ip           text,
    agent        text
) PARTITION BY RANGE (at);
CREATE INDEX hits_in_commit_order ON hits (xid, id);
CREATE INDEX hits_of_message ON hits (message_id);
CREATE TABLE hits_rest PARTITION OF hits DEFAULT;
SELECT ensure_month_partitions('hits', 3);

-- One row per person and link: how often. Totals of a link are sums over it.
CREATE TABLE message_links (
    message_id   bigint NOT NULL REFERENCES messages ON DELETE CASCADE,
    link_id      bigint NOT NULL REFERENCES links ON DELETE CASCADE,
    campaign_id  bigint NOT NULL,
    clicks       int NOT NULL DEFAULT 0,
    first_at     timestamptz NOT NULL,
    last_at      timestamptz NOT NULL,
    PRIMARY KEY (message_id, link_id)
);
CREATE INDEX message_links_of_campaign ON message_links (campaign_id, link_id);

-- Anonymous tracking counts on the campaign and the link, never on a person.
CREATE TABLE anonymous_hits (
    campaign_id  bigint NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    link_id      bigint NOT NULL DEFAULT 0,
    kind         smallint NOT NULL,
    n            bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (campaign_id, link_id, kind)
);
