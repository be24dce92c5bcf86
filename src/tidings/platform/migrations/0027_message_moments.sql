-- When the mails of a campaign were sent, came back, were first opened and clicked, and made somebody leave: how many by
-- quarter of an hour, in which the midnight of every time zone lies. Series are answered from these few rows instead of
-- from every message. Differences, folded by a job; words: sent, bounced (told at its sending), opened, clicked, left.
CREATE TABLE message_moments (
    campaign_id  bigint NOT NULL,
    at           timestamptz NOT NULL,
    word         text NOT NULL,
    n            bigint NOT NULL
);
CREATE INDEX message_moments_at ON message_moments (at) INCLUDE (word, n);
CREATE INDEX message_moments_of ON message_moments (campaign_id, at) INCLUDE (word, n);

-- What a message tells of itself; nothing while it waits or is on the wire.
CREATE FUNCTION moments_of_message(
    state text, sent_at timestamptz, started_at timestamptz, updated_at timestamptz,
    opened_at timestamptz, clicked_at timestamptz, unsubscribed_at timestamptz
) RETURNS TABLE (word text, at timestamptz) LANGUAGE sql IMMUTABLE AS $$
    SELECT e.word, date_bin('15 minutes', e.at, '2000-01-01Z') FROM (VALUES
        -- what the server refused at once has no instant of sending, only one of the try
        ('sent', CASE WHEN state IN ('sent', 'bounced', 'complained') THEN coalesce(sent_at, started_at, updated_at) END),
        ('bounced', CASE WHEN state = 'bounced' THEN coalesce(sent_at, started_at, updated_at) END),
        ('opened', opened_at), ('clicked', clicked_at), ('left', unsubscribed_at)) AS e (word, at)
    WHERE e.at IS NOT NULL
$$;

CREATE FUNCTION tell_message_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO message_moments SELECT m.campaign_id, e.at, e.word, count(*) FROM changed m, moments_of_message(
        m.state, m.sent_at, m.started_at, m.updated_at, m.opened_at, m.clicked_at, m.unsubscribed_at) e GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;
CREATE FUNCTION tell_message_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO message_moments
    SELECT campaign_id, at, word, sum(n) FROM (
        SELECT m.campaign_id, e.at, e.word, 1 AS n FROM now_rows m, moments_of_message(
            m.state, m.sent_at, m.started_at, m.updated_at, m.opened_at, m.clicked_at, m.unsubscribed_at) e
        UNION ALL
        SELECT m.campaign_id, e.at, e.word, -1 FROM was_rows m, moments_of_message(
            m.state, m.sent_at, m.started_at, m.updated_at, m.opened_at, m.clicked_at, m.unsubscribed_at) e
    ) d GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
    RETURN NULL;
END $$;
CREATE FUNCTION tell_message_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO message_moments SELECT m.campaign_id, e.at, e.word, -count(*) FROM changed m, moments_of_message(
        m.state, m.sent_at, m.started_at, m.updated_at, m.opened_at, m.clicked_at, m.unsubscribed_at) e GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_update AFTER UPDATE ON messages REFERENCING NEW TABLE AS now_rows OLD TABLE AS was_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tell_message_update();
CREATE TRIGGER tell_insert AFTER INSERT ON messages REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_message_insert();
CREATE TRIGGER tell_delete AFTER DELETE ON messages REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_message_delete();

INSERT INTO message_moments SELECT m.campaign_id, e.at, e.word, count(*) FROM messages m, moments_of_message(
    m.state, m.sent_at, m.started_at, m.updated_at, m.opened_at, m.clicked_at, m.unsubscribed_at) e GROUP BY 1, 2, 3;

-- How many mails an account has sent today.
CREATE INDEX messages_sent_by_account ON messages (account_id, sent_at) WHERE sent_at IS NOT NULL;
