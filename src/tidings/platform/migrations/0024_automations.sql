-- Automations: what begins them, their steps, who is in them and how far, and what became of each step.

CREATE TABLE automations (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title        text NOT NULL,
    state        text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'published')),
    -- a word of automations.types.TRIGGERS, or the name another system has for what only it can tell
    trigger      text NOT NULL,
    -- what the trigger asks for: automations.types.Start as JSON
    start        jsonb NOT NULL DEFAULT '{}',
    -- what a dialect keeps beside the core, opaque here
    extras       jsonb NOT NULL DEFAULT '{}',
    description  text NOT NULL DEFAULT '',
    -- a note for colleagues: content, author and time; null: none
    note         jsonb,
    -- raised whenever the steps change
    version      int NOT NULL DEFAULT 1,
    -- the last day whose birthdays were begun
    birthdays_on date,
    created_by   bigint,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX automations_begun_by ON automations (trigger) WHERE state = 'published';

CREATE TABLE automation_labels (
    automation_id  bigint NOT NULL REFERENCES automations ON DELETE CASCADE,
    label_id       bigint NOT NULL REFERENCES labels ON DELETE CASCADE,
    PRIMARY KEY (automation_id, label_id)
);

-- Steps are flat: those of a branch name the step that branches and which way.
CREATE TABLE automation_steps (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    automation_id  bigint NOT NULL REFERENCES automations ON DELETE CASCADE,
    parent_id      bigint REFERENCES automation_steps ON DELETE CASCADE,
    branch         text NOT NULL DEFAULT '' CHECK (branch IN ('', 'yes', 'no')),
    kind           text NOT NULL,
    title          text NOT NULL DEFAULT '',
    description    text,
    params         jsonb NOT NULL DEFAULT '{}',
    extras         jsonb NOT NULL DEFAULT '{}',
    note           text,
    -- over the whole automation, from 1, in the order a person reads them
    position       int NOT NULL,
    -- the mailing of a step that mails
    mailing_id     bigint REFERENCES campaigns ON DELETE SET NULL,
    created_by     bigint,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX automation_steps_of ON automation_steps (automation_id, position);
CREATE INDEX automation_steps_in ON automation_steps (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX automation_steps_mailing ON automation_steps (mailing_id) WHERE mailing_id IS NOT NULL;

-- One row per automation and contact. `pass` counts how often the contact began anew.
CREATE TABLE automation_runs (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    automation_id  bigint NOT NULL REFERENCES automations ON DELETE CASCADE,
    contact_id     bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    state          text NOT NULL CHECK (state IN ('pending', 'active', 'waiting', 'completed', 'cancelled')),
    pass           int NOT NULL DEFAULT 0,
    -- the step to be done next, and when; null: there is none
    -- without references: they would be looked up for every step of every contact; a step that is gone counts as none
    step_id        bigint,
    due_at         timestamptz NOT NULL,
    first_step_id  bigint,
    last_step_id   bigint,
    stepped_at     timestamptz,
    -- begun by what: the trigger, and the record of another system it was about
    source         text NOT NULL,
    source_id      bigint,
    note           text,
    -- how often it began in the hour that began at begun_at: the guard against loops
    begun_at       timestamptz NOT NULL,
    begun          int NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    UNIQUE (automation_id, contact_id)
) WITH (fillfactor = 80);
CREATE INDEX automation_runs_due ON automation_runs (automation_id, due_at, id) WHERE state = 'active';
CREATE INDEX automation_runs_of_contact ON automation_runs (contact_id);

CREATE TABLE automation_metrics (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      bigint NOT NULL REFERENCES automation_runs ON DELETE CASCADE,
    step_id     bigint NOT NULL,
    state       text NOT NULL CHECK (state IN ('completed', 'skipped', 'failed')),
    -- the way that was taken where it branches
    branch      text NOT NULL DEFAULT '',
    -- what a goal was worth
    value       numeric NOT NULL DEFAULT 0,
    currency    text NOT NULL DEFAULT 'USD',
    note        text,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    UNIQUE (run_id, step_id)
);
CREATE INDEX automation_metrics_of_step ON automation_metrics (step_id, state);

-- A standing mailing takes messages at any time and never finishes.
ALTER TABLE campaigns ADD COLUMN is_standing boolean NOT NULL DEFAULT false;
