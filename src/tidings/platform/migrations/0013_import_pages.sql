-- Where each page of an uploaded file begins, for imports that a client runs page by page.

CREATE TABLE import_pages (
    import_id   bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    number      integer NOT NULL,
    byte_at     bigint NOT NULL,
    line_at     bigint NOT NULL,
    -- rows before this page
    rows_before bigint NOT NULL,
    PRIMARY KEY (import_id, number)
);
