-- What an installation tells of itself: where a key was made, what the scheduler ran and when, logs found by their age.

-- the door that made the key: each lists its own
ALTER TABLE api_keys ADD COLUMN origin text NOT NULL DEFAULT '';

ALTER TABLE leases ADD COLUMN every interval;
ALTER TABLE leases ADD COLUMN ran_at timestamptz;
-- why the last run failed; null after one that succeeded
ALTER TABLE leases ADD COLUMN problem text;

CREATE INDEX system_logs_at ON system_logs (at);
CREATE INDEX messages_created ON messages USING brin (created_at);
