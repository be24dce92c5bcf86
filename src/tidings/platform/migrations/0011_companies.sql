-- Companies, who belongs to them, their notes; counts kept by statement triggers like those of lists and tags.

CREATE TABLE companies (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id          bigint,
    name              text NOT NULL CHECK (length(name) BETWEEN 1 AND 192),
    industry          text,
    type              text,
    email             text,
    phone             text,
    timezone          text,
    address_line_1    text,
    address_line_2    text,
    postal_code       text,
    city              text,
    state             text,
    country           text,
    employees_number  int NOT NULL DEFAULT 0 CHECK (employees_number >= 0),
    description       text,
    logo              text,
    website           text,
    linkedin_url      text,
    facebook_url      text,
    twitter_url       text,
    date_of_start     date,
    custom            jsonb NOT NULL DEFAULT '{}',
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);
-- The first finds a company by its name; the others each serve a sort, none is read twice.
CREATE UNIQUE INDEX companies_name ON companies (lower(name));
CREATE INDEX companies_type ON companies (lower(coalesce(type, '')), id);
CREATE INDEX companies_industry ON companies (lower(coalesce(industry, '')), id);
CREATE INDEX companies_email ON companies (lower(coalesce(email, '')), id);
CREATE INDEX companies_employees ON companies (employees_number, id);
CREATE INDEX companies_created ON companies (created_at, id);
CREATE INDEX companies_updated ON companies (updated_at, id);
CREATE INDEX companies_owner ON companies (owner_id) WHERE owner_id IS NOT NULL;

-- Without a foreign key to contacts for the same reason as contact_lists; contacts.company_id names the primary one.
CREATE TABLE contact_companies (
    contact_id  bigint NOT NULL,
    company_id  bigint NOT NULL REFERENCES companies ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (contact_id, company_id)
);
CREATE INDEX contact_companies_of_company ON contact_companies (company_id, contact_id);
CREATE INDEX contacts_company ON contacts (company_id, id) WHERE company_id IS NOT NULL;

CREATE FUNCTION tally_company_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies (scope, key, contacts) SELECT 'company', company_id, count(*) FROM changed GROUP BY company_id;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_company_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies (scope, key, contacts) SELECT 'company', company_id, -count(*) FROM changed GROUP BY company_id;
    RETURN NULL;
END $$;
CREATE FUNCTION leave_companies() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM contact_companies m USING changed c WHERE m.contact_id = c.id;
    UPDATE companies k SET owner_id = NULL FROM changed c WHERE k.owner_id = c.id;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_insert AFTER INSERT ON contact_companies REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tally_company_insert();
CREATE TRIGGER tally_delete AFTER DELETE ON contact_companies REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tally_company_delete();
CREATE TRIGGER leave_companies AFTER DELETE ON contacts REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION leave_companies();

-- A note is about a contact or about a company.
ALTER TABLE notes ALTER COLUMN contact_id DROP NOT NULL,
    ADD COLUMN company_id bigint REFERENCES companies ON DELETE CASCADE,
    ADD CONSTRAINT notes_of_one CHECK (num_nonnulls(contact_id, company_id) = 1);
CREATE INDEX notes_of_company ON notes (company_id, id DESC) WHERE company_id IS NOT NULL;
