-- Lists that are quick the first time, too.

-- What codes cost is paid for few rows: the comparison beside them decides first. Told as 500 the planner rather read
-- everybody than look up what a twentieth of them might have.
ALTER FUNCTION text_codes(text) COST 30;

-- Cities sort, begin and equal by this; equal ones share a key, so it is small and costs an import little.
CREATE INDEX contacts_city ON contacts (lower(city) text_pattern_ops);

-- Who left by a mail are few: the index has only them, and neither sending nor opens touch it.
CREATE INDEX messages_left ON messages (campaign_id, unsubscribed_at DESC, id DESC) WHERE unsubscribed_at IS NOT NULL;

-- How many are in automations, and how far: read without the runs themselves. Equal keys share an entry.
CREATE INDEX automation_runs_states ON automation_runs (automation_id, state);
