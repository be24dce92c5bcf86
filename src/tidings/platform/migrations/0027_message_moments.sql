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

-- What the server refused at once has no instant of sending, only one of the try.
CREATE FUNCTION message_sent_at(state text, sent_at timestamptz, started_at timestamptz, updated_at timestamptz)
RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN state IN ('sent', 'bounced', 'complained') THEN coalesce(sent_at, started_at, updated_at) END
$$;

CREATE FUNCTION tell_message_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO message_moments
    SELECT m.campaign_id, date_bin('15 minutes', e.at, '2000-01-01Z'), e.word, count(*)
    FROM changed m CROSS JOIN LATERAL (VALUES
        ('sent', message_sent_at(m.state, m.sent_at, m.started_at, m.updated_at)),
        ('bounced', CASE WHEN m.state = 'bounced' THEN message_sent_at(m.state, m.sent_at, m.started_at, m.updated_at) END),
        ('opened', m.opened_at), ('clicked', m.clicked_at), ('left', m.unsubscribed_at)) AS e (word, at)
    WHERE e.at IS NOT NULL GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;
CREATE FUNCTION tell_message_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO message_moments
    SELECT m.campaign_id, date_bin('15 minutes', e.at, '2000-01-01Z'), e.word, sum(m.n)
    FROM (SELECT 1 AS n, campaign_id, state, sent_at, started_at, updated_at, opened_at, clicked_at, unsubscribed_at FROM now_rows
          UNION ALL
          SELECT -1, campaign_id, state, sent_at, started_at, updated_at, opened_at, clicked_at, unsubscribed_at FROM was_rows) m
    CROSS JOIN LATERAL (VALUES
        ('sent', message_sent_at(m.state, m.sent_at, m.started_at, m.updated_at)),
        ('bounced', CASE WHEN m.state = 'bounced' THEN message_sent_at(m.state, m.sent_at, m.started_at, m.updated_at) END),
        ('opened', m.opened_at), ('clicked', m.clicked_at), ('left', m.unsubscribed_at)) AS e (word, at)
    WHERE e.at IS NOT NULL GROUP BY 1, 2, 3 HAVING sum(m.n) <> 0;
    RETURN NULL;
END $$;
CREATE FUNCTION tell_message_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO message_moments
    SELECT m.campaign_id, date_bin('15 minutes', e.at, '2000-01-01Z'), e.word, -count(*)
    FROM changed m CROSS JOIN LATERAL (VALUES
        ('sent', message_sent_at(m.state, m.sent_at, m.started_at, m.updated_at)),
        ('bounced', CASE WHEN m.state = 'bounced' THEN message_sent_at(m.state, m.sent_at, m.started_at, m.updated_at) END),
        ('opened', m.opened_at), ('clicked', m.clicked_at), ('left', m.unsubscribed_at)) AS e (word, at)
    WHERE e.at IS NOT NULL GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_insert AFTER INSERT ON messages REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_message_insert();
CREATE TRIGGER tell_update AFTER UPDATE ON messages REFERENCING NEW TABLE AS now_rows OLD TABLE AS was_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tell_message_update();
CREATE TRIGGER tell_delete AFTER DELETE ON messages REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_message_delete();

INSERT INTO message_moments
SELECT m.campaign_id, date_bin('15 minutes', e.at, '2000-01-01Z'), e.word, count(*)
FROM messages m CROSS JOIN LATERAL (VALUES
    ('sent', message_sent_at(m.state, m.sent_at, m.started_at, m.updated_at)),
    ('bounced', CASE WHEN m.state = 'bounced' THEN message_sent_at(m.state, m.sent_at, m.started_at, m.updated_at) END),
    ('opened', m.opened_at), ('clicked', m.clicked_at), ('left', m.unsubscribed_at)) AS e (word, at)
WHERE e.at IS NOT NULL GROUP BY 1, 2, 3;

-- How many mails an account has sent today.
CREATE INDEX messages_sent_by_account ON messages (account_id, sent_at) WHERE sent_at IS NOT NULL;
