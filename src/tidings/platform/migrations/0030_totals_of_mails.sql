-- Who was mailed, opened and clicked is counted from the messages alone, without the contacts.

-- Ids of contacts that were deleted: their messages stay, but are nobody's any more.
CREATE TABLE contacts_gone (
    id  bigint PRIMARY KEY
);
CREATE FUNCTION note_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO contacts_gone SELECT id FROM changed ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER note_gone AFTER DELETE ON contacts REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_gone();
INSERT INTO contacts_gone SELECT DISTINCT contact_id FROM messages m
WHERE contact_id > 0 AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = m.contact_id);

-- When somebody was mailed is read from the index alone. Sending writes its entries anew anyway, opens do not.
DROP INDEX messages_of_contact;
CREATE INDEX messages_of_contact ON messages (contact_id, id DESC) INCLUDE (sent_at);

-- Mails that somebody was sent again by the same mailing: few.
CREATE INDEX messages_again ON messages (campaign_id, contact_id) WHERE step > 0;

-- Totals come from the tallies, so these know what a message shows from its beginning, too.
CREATE OR REPLACE FUNCTION tally_message_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO message_tallies SELECT campaign_id, state, count(*) FROM changed GROUP BY 1, 2;
    INSERT INTO message_tallies SELECT campaign_id, word, count(*) FROM changed, LATERAL (VALUES
        ('opened', opened_at), ('clicked', clicked_at), ('unsubscribed', unsubscribed_at)) AS w (word, at)
    WHERE coalesce(opened_at, clicked_at, unsubscribed_at) IS NOT NULL AND at IS NOT NULL GROUP BY 1, 2;
    RETURN NULL;
END $$;

-- Who is in an automation, the newest first; and changes of that are told, so that pages and totals can be remembered.
CREATE INDEX automation_runs_of ON automation_runs (automation_id, id DESC);
DO $$ DECLARE one text; BEGIN
    FOREACH one IN ARRAY ARRAY['automation_runs', 'automation_metrics'] LOOP
        EXECUTE format('CREATE TRIGGER note_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION note_change()', one);
        EXECUTE format('CREATE TRIGGER note_update AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION note_change()', one);
        EXECUTE format('CREATE TRIGGER note_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION note_change()', one);
        EXECUTE format('CREATE TRIGGER note_truncate AFTER TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION note_change()', one);
    END LOOP;
END $$;

-- What goals were worth, beside the many steps that are worth nothing.
CREATE INDEX automation_metrics_worth ON automation_metrics (step_id, state) INCLUDE (value) WHERE value <> 0;
