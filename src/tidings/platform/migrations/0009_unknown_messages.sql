-- Messages whose outcome was lost, by when: for the policy that sends them again, and for the operator's list.
CREATE INDEX messages_unknown ON messages (updated_at) WHERE state = 'unknown';
