-- Finding people and notes by the beginnings of their words; saved segments keep their count and what a dialect wrote.

CREATE INDEX contacts_first_name ON contacts (lower(first_name) text_pattern_ops) WHERE first_name IS NOT NULL;
CREATE INDEX contacts_last_name ON contacts (lower(last_name) text_pattern_ops) WHERE last_name IS NOT NULL;
-- The unique index of addresses serves beginnings only where text sorts by its bytes.
DO $$ BEGIN
    IF (SELECT datcollate NOT IN ('C', 'POSIX') FROM pg_database WHERE datname = current_database()) THEN
        CREATE INDEX contacts_email_begins ON contacts (lower(email) text_pattern_ops);
    END IF;
END $$;
-- A note may be longer than a text vector can be.
CREATE INDEX notes_words ON notes USING gin (to_tsvector('simple', left(title || ' ' || description, 100000)));

ALTER TABLE segments
    -- what a dialect keeps beside the rules, opaque here
    ADD COLUMN settings jsonb NOT NULL DEFAULT '{}',
    -- how many matched when it was last counted
    ADD COLUMN contacts_count bigint,
    ADD COLUMN counted_at timestamptz;
