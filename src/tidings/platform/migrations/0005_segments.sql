-- Saved segments: a name and a rule tree; and what its compiled SQL leans on.
CREATE TABLE segments (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title        text NOT NULL,
    description  text NOT NULL DEFAULT '',
    rules        jsonb NOT NULL,
    created_by   bigint,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);

-- A custom value as a number, NULL when it is none. IMMUTABLE and without a subquery: it is inlined and may be indexed.
CREATE FUNCTION segment_number(value text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN value ~ '^[+-]?([0-9]{1,60}(\.[0-9]{0,60})?|\.[0-9]{1,60})([eE][+-]?[0-9]{1,2})?$'
                THEN value::numeric END
$$;

-- The day of a custom date or date-time as ten characters that sort like the calendar, NULL when there is none.
CREATE FUNCTION segment_day(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' THEN left(value, 10) END
$$;

-- Text is compared without letter case; these tell the planner how often a value stands, without an index to maintain.
CREATE STATISTICS contacts_lower_city ON (lower(city)) FROM contacts;
CREATE STATISTICS contacts_lower_state ON (lower(state)) FROM contacts;
CREATE STATISTICS contacts_lower_source ON (lower(source)) FROM contacts;
CREATE STATISTICS contacts_lower_type ON (lower(contact_type)) FROM contacts;
