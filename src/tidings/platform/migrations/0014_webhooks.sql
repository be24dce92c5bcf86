-- Addresses to which other programs send contacts. Whoever knows the key may send.

CREATE TABLE webhooks (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    -- 'contact', or 'sms:<provider>' for what a text message provider tells
    kind        text NOT NULL DEFAULT 'contact',
    name        text NOT NULL,
    status      text NOT NULL DEFAULT 'subscribed',
    list_ids    bigint[] NOT NULL DEFAULT '{}',
    tag_ids     bigint[] NOT NULL DEFAULT '{}',
    company_ids bigint[] NOT NULL DEFAULT '{}',
    -- dotted path of the sender's JSON -> our name
    mapping     jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX webhooks_sms ON webhooks (kind) WHERE kind <> 'contact';
