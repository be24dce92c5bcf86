-- DKIM: an account signs once its key exists and somebody switched it on, which one does when the record is published.
ALTER TABLE mail_accounts
    ADD COLUMN dkim_domain text,
    ADD COLUMN dkim_selector text,
    -- sealed with a key that is not in the database
    ADD COLUMN dkim_key bytea,
    ADD COLUMN signs_mail boolean NOT NULL DEFAULT false,
    ADD CHECK (dkim_key IS NOT NULL OR NOT signs_mail);
