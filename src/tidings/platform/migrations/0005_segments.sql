-- Saved segments: a name and a rule tree.
CREATE TABLE segments (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title        text NOT NULL,
    description  text NOT NULL DEFAULT '',
    rules        jsonb NOT NULL,
    created_by   bigint,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);

-- Texts of custom fields as numbers and days; what is none is NULL, never an error. Immutable, so that they can be indexed.
CREATE FUNCTION numeric_or_null(value text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN value ~ '^\s*[+-]?(\d{1,30}(\.\d{0,15})?|\.\d{1,15})\s*$' THEN value::numeric END
$$;
CREATE FUNCTION date_or_null(value text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN value ~ '^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d)' OR value ~ '^\d{4}-(0[13-9]|1[0-2])-30'
                  OR value ~ '^\d{4}-(0[13578]|1[02])-31'
           THEN make_date(substr(value, 1, 4)::int, substr(value, 6, 2)::int,
                CASE WHEN substr(value, 6, 2) = '02' THEN least(substr(value, 9, 2)::int, 28) ELSE substr(value, 9, 2)::int END) END
$$;

CREATE INDEX contacts_email_prefix ON contacts (lower(email) text_pattern_ops);
CREATE INDEX contacts_opened ON contacts (opened_at) WHERE opened_at IS NOT NULL;
