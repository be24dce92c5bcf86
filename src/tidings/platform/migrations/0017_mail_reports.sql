-- What mail services reported and was taken in, so that a report that comes twice counts once; bounces in the ledger.

CREATE TABLE mail_reports (
    -- hash of the service, its own name for the event, the address and the kind
    key  bytea PRIMARY KEY,
    at   timestamptz NOT NULL
);
CREATE INDEX mail_reports_at ON mail_reports (at);

ALTER TABLE consents DROP CONSTRAINT consents_kind_check;
ALTER TABLE consents ADD CONSTRAINT consents_kind_check CHECK (kind IN ('opt_in', 'opt_out', 'objection', 'bounce'));
