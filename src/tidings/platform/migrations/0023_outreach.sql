-- Contacts picked for a campaign by hand or by a program, campaigns that are put away, and what outreach says beside
-- a mail.

CREATE TABLE campaign_contacts (
    campaign_id  bigint NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    contact_id   bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    added_at     timestamptz NOT NULL,
    PRIMARY KEY (campaign_id, contact_id)
);
CREATE INDEX campaign_contacts_of_contact ON campaign_contacts (contact_id);

ALTER TABLE campaigns ADD COLUMN description text NOT NULL DEFAULT '';
-- graph and sending window as the client gave them; kind 'workflow': a graph that is more than one mail
ALTER TABLE campaigns ADD COLUMN outreach jsonb NOT NULL DEFAULT '{}';
ALTER TABLE campaigns ADD COLUMN per_hour int;
ALTER TABLE campaigns ADD COLUMN archived_at timestamptz;

-- 'smtp', or the service whose servers are known: 'gmail', 'outlook'. The mail box is read with the same name and password.
ALTER TABLE mail_accounts ADD COLUMN provider text NOT NULL DEFAULT 'smtp' CHECK (provider IN ('smtp', 'gmail', 'outlook'));
ALTER TABLE mail_accounts ADD COLUMN imap_host text;
ALTER TABLE mail_accounts ADD COLUMN imap_port int;
