-- Campaigns: what is written, to whom, when; subjects under test; links.

CREATE TABLE campaigns (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id         bigint,
    kind              text NOT NULL DEFAULT 'campaign',
    title             text NOT NULL,
    slug              text NOT NULL DEFAULT '',
    state             text NOT NULL DEFAULT 'draft'
                      CHECK (state IN ('draft', 'scheduled', 'drawing', 'sending', 'paused', 'finished', 'cancelled')),
    -- the language of its merge tags: 'smartcodes' or 'variables'
    language          text NOT NULL DEFAULT 'smartcodes',
    subject           text NOT NULL DEFAULT '',
    preheader         text NOT NULL DEFAULT '',
    body              text NOT NULL DEFAULT '',
    design            text NOT NULL DEFAULT 'simple',
    template_id       bigint,
    -- footer: 'global', 'none' or a text of its own; look: colours, width and fonts by name
    footer            text NOT NULL DEFAULT 'global',
    look              jsonb NOT NULL DEFAULT '{}',
    -- audience: {"include": […], "exclude": […], "rules": …}; its form is campaigns.types.Audience
    audience          jsonb NOT NULL DEFAULT '{}',
    -- sender: from_name, from_email, reply_to_name, reply_to_email, is_custom
    sender            jsonb NOT NULL DEFAULT '{}',
    -- what a dialect keeps beside the core (look, footer, wizard position), opaque here
    settings          jsonb NOT NULL DEFAULT '{}',
    utm               jsonb,
    is_transactional  boolean NOT NULL DEFAULT false,
    tracks_opens      text NOT NULL DEFAULT 'yes' CHECK (tracks_opens IN ('yes', 'no', 'anonymous')),
    tracks_clicks     text NOT NULL DEFAULT 'yes' CHECK (tracks_clicks IN ('yes', 'no', 'anonymous')),
    account_ids       bigint[] NOT NULL DEFAULT '{}',
    per_minute        int,
    recipients_count  bigint NOT NULL DEFAULT 0,
    -- drawing goes by contact id; where it stopped, so that it can go on
    drawn_up_to       bigint NOT NULL DEFAULT 0,
    is_drawn          boolean NOT NULL DEFAULT false,
    -- raised when content changes: the compiled form is cached by (id, version)
    version           int NOT NULL DEFAULT 1,
    scheduled_at      timestamptz,
    spread_until      timestamptz,
    started_at        timestamptz,
    finished_at       timestamptz,
    created_by        bigint,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX campaigns_active ON campaigns (state) WHERE state IN ('scheduled', 'drawing', 'sending', 'paused');

CREATE TABLE campaign_subjects (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id  bigint NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    weight       int NOT NULL DEFAULT 50,
    subject      text NOT NULL
);
CREATE INDEX campaign_subjects_of ON campaign_subjects (campaign_id);

CREATE TABLE campaign_labels (
    campaign_id  bigint NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    label_id     bigint NOT NULL REFERENCES labels ON DELETE CASCADE,
    PRIMARY KEY (campaign_id, label_id)
);

CREATE TABLE links (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id  bigint NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    position     int NOT NULL,
    url          text NOT NULL,
    UNIQUE (campaign_id, position)
);
CREATE UNIQUE INDEX links_url ON links (campaign_id, md5(url));
