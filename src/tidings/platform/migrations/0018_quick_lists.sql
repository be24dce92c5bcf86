-- Lists of a million contacts: any part of a text is found through an index, totals are remembered while nothing changed.

-- The codes of a text: three letters from every second place. Whatever stands in the text and has at least four letters
-- holds codes that begin at an even place of the text or codes that begin at an odd one: see `text_codes_at`. Every
-- second place is half the cost of every place when contacts are written.
CREATE FUNCTION text_codes(value text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 500 AS $$
    SELECT string_to_array(concat(regexp_replace(value, '(...).', E'\\1\x02', 'g'), E'\x02',
                                  regexp_replace(substr(value, 3), '(...).', E'\\1\x02', 'g')), E'\x02')
$$;
-- The codes that a text holds in which `part` begins at an even (0) or odd (1) place.
CREATE FUNCTION text_codes_at(part text, place int) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY(SELECT DISTINCT substr(part, n, 3) FROM generate_series(1 + place, length(part) - 2, 2) n)
$$;
-- All that is searched of a contact in small letters, between characters that clean text cannot hold.
CREATE FUNCTION contact_text(email text, first_name text, last_name text, address_line_1 text, address_line_2 text,
    postal_code text, city text, state text, country text, phone text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(coalesce(email, '') || E'\x01' || coalesce(first_name, '') || E'\x01' || coalesce(last_name, '')
        || E'\x01' || coalesce(address_line_1, '') || E'\x01' || coalesce(address_line_2, '')
        || E'\x01' || coalesce(postal_code, '') || E'\x01' || coalesce(city, '') || E'\x01' || coalesce(state, '')
        || E'\x01' || coalesce(country, '') || E'\x01' || coalesce(phone, ''))
$$;
CREATE INDEX contacts_codes ON contacts USING gin (text_codes(contact_text(email, first_name, last_name, address_line_1,
    address_line_2, postal_code, city, state, country, phone)) COLLATE "C") WITH (gin_pending_list_limit = 1024);

-- The members of a list in the order in which they joined.
CREATE INDEX contact_lists_in_order ON contact_lists (list_id, id);
-- Names sort by these too, so nobody may be missing; equal names share their keys.
DROP INDEX contacts_first_name, contacts_last_name;
CREATE INDEX contacts_first_name ON contacts (lower(first_name) text_pattern_ops);
CREATE INDEX contacts_last_name ON contacts (lower(last_name) text_pattern_ops);

-- What changed when: a row for each statement, kept for an hour. Only rows that a reader could not see when it found
-- something make it look again. kind: the table, or 'activity' for opens and clicks of contacts, which are the most.
CREATE TABLE changes (
    xid   xid8 NOT NULL DEFAULT pg_current_xact_id(),
    kind  text NOT NULL,
    at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX changes_xid ON changes (xid);

-- A statement that changed nothing is not told, as far as that can be seen: not of a TRUNCATE, and not of the updates of
-- contacts, which are told by their columns.
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP <> 'TRUNCATE' AND NOT (TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'contacts') THEN
        IF NOT EXISTS (SELECT 1 FROM changed) THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO changes (kind) VALUES (coalesce(TG_ARGV[0], TG_TABLE_NAME));
    RETURN NULL;
END $$;
DO $$ DECLARE told text; one text; BEGIN
    FOREACH one IN ARRAY ARRAY['contacts', 'contact_lists', 'contact_tags', 'contact_companies', 'contact_events', 'lists',
                               'companies', 'users', 'campaigns', 'messages', 'message_links', 'form_submissions',
                               'suppressions'] LOOP
        EXECUTE format('CREATE TRIGGER note_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION note_change()', one);
        EXECUTE format('CREATE TRIGGER note_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION note_change()', one);
        EXECUTE format('CREATE TRIGGER note_truncate AFTER TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION note_change()', one);
        IF one <> 'contacts' THEN
            EXECUTE format('CREATE TRIGGER note_update AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION note_change()', one);
        END IF;
    END LOOP;
    SELECT string_agg(quote_ident(attname), ', ') INTO told FROM pg_attribute
    WHERE attrelid = 'contacts'::regclass AND attnum > 0 AND NOT attisdropped
      AND attname NOT IN ('id', 'soft_bounces', 'opened_at', 'clicked_at', 'mailed_at', 'active_at');
    EXECUTE 'CREATE TRIGGER note_update AFTER UPDATE OF ' || told
        || ' ON contacts FOR EACH STATEMENT EXECUTE FUNCTION note_change()';
END $$;
CREATE TRIGGER note_activity AFTER UPDATE OF soft_bounces, opened_at, clicked_at, mailed_at, active_at ON contacts
    FOR EACH STATEMENT EXECUTE FUNCTION note_change('activity');
