-- The pipeline: stages in their order, where each contact stands, and the log of moves.

-- Six to begin with. They are made once, here: what the owner renames or deletes never comes back.
CREATE TABLE pipeline_stages (
    id          bigint GENERATED ALWAYS AS IDENTITY (START WITH 7) PRIMARY KEY,
    title       text NOT NULL,
    color       text NOT NULL,
    -- what being here means for conversion: 'open', 'won' or 'lost'
    outcome     text NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'won', 'lost')),
    position    int NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX pipeline_stages_title ON pipeline_stages (lower(title));
INSERT INTO pipeline_stages (id, title, color, outcome, position) OVERRIDING SYSTEM VALUE VALUES
    (1, 'Lead', '#64748b', 'open', 0),
    (2, 'Qualified', '#2563eb', 'open', 1),
    (3, 'Proposal', '#7c3aed', 'open', 2),
    (4, 'Negotiation', '#d97706', 'open', 3),
    (5, 'Won', '#059669', 'won', 4),
    (6, 'Lost', '#dc2626', 'lost', 5);

-- The contact side has no foreign key, as with memberships: rows are written under a lock of the contact, and the
-- contact's delete trigger removes them as a set.
CREATE TABLE pipeline_places (
    contact_id  bigint PRIMARY KEY,
    stage_id    bigint NOT NULL REFERENCES pipeline_stages,
    entered_at  timestamptz NOT NULL
);
CREATE INDEX pipeline_places_of_stage ON pipeline_places (stage_id, entered_at DESC, contact_id DESC);

-- Ids and titles as they were at the time: the log outlives its stages.
CREATE TABLE pipeline_moves (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id  bigint NOT NULL,
    at          timestamptz NOT NULL,
    was_id      bigint,
    was_title   text,
    now_id      bigint,
    now_title   text,
    actor_id    bigint,
    actor       text NOT NULL DEFAULT '',
    note        text NOT NULL DEFAULT ''
);
CREATE INDEX pipeline_moves_of_contact ON pipeline_moves (contact_id, id DESC);

CREATE FUNCTION tally_stage_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies (scope, key, contacts) SELECT 'stage', stage_id, count(*) FROM changed GROUP BY stage_id;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_stage_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies (scope, key, contacts) SELECT 'stage', stage_id, -count(*) FROM changed GROUP BY stage_id;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_stage_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies (scope, key, contacts)
    SELECT 'stage', stage_id, sum(n) FROM (
        SELECT stage_id, 1 AS n FROM now_rows UNION ALL SELECT stage_id, -1 FROM was_rows) d
    GROUP BY stage_id HAVING sum(n) <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_insert AFTER INSERT ON pipeline_places REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tally_stage_insert();
CREATE TRIGGER tally_delete AFTER DELETE ON pipeline_places REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tally_stage_delete();
CREATE TRIGGER tally_update AFTER UPDATE ON pipeline_places REFERENCING NEW TABLE AS now_rows OLD TABLE AS was_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tally_stage_update();

CREATE FUNCTION leave_pipeline() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM pipeline_places p USING changed c WHERE p.contact_id = c.id;
    DELETE FROM pipeline_moves m USING changed c WHERE m.contact_id = c.id;
    RETURN NULL;
END $$;
CREATE TRIGGER leave_pipeline AFTER DELETE ON contacts REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION leave_pipeline();
