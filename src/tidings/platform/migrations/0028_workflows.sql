-- Campaigns of several steps: the automation that carries one, the mails it consists of, the lists that feed it; and
-- the hours in which any campaign may send.

ALTER TABLE automations ADD COLUMN campaign_id bigint UNIQUE REFERENCES campaigns ON DELETE CASCADE;

-- the campaign that this mailing is one of the mails of
ALTER TABLE campaigns ADD COLUMN part_of bigint REFERENCES campaigns ON DELETE CASCADE;
CREATE INDEX campaigns_part_of ON campaigns (part_of) WHERE part_of IS NOT NULL;

-- days (0 is Monday), opens and closes (HH:MM, null: to the end of the day), zone; null: at any time
ALTER TABLE campaigns ADD COLUMN sends_within jsonb;

-- Whoever comes onto a dynamic list of these enters the campaign while it is under way.
CREATE TABLE campaign_lists (
    campaign_id  bigint NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    list_id      bigint NOT NULL REFERENCES lists ON DELETE CASCADE,
    PRIMARY KEY (campaign_id, list_id)
);
CREATE INDEX campaign_lists_of_list ON campaign_lists (list_id);
