-- name: found_contacts
-- Ids of people: by the beginnings of their address, names and number through indexes, and by any part among the newest.
-- $1 the text, $2 the text anywhere, $3 and $4 the first and the last of several words ('' for one), $5 a number ('' for
-- none), $6 how many,
-- $7 how many of the newest are looked through.
(SELECT id FROM contacts WHERE lower(email) LIKE $1 LIMIT $6)
UNION (SELECT id FROM contacts WHERE first_name IS NOT NULL AND lower(first_name) LIKE $1 LIMIT $6)
UNION (SELECT id FROM contacts WHERE last_name IS NOT NULL AND lower(last_name) LIKE $1 LIMIT $6)
UNION (SELECT id FROM contacts WHERE phone IS NOT NULL AND phone LIKE $5 LIMIT $6)
UNION (SELECT id FROM contacts WHERE $4 <> '' AND first_name IS NOT NULL AND lower(first_name) LIKE $3
       AND lower(last_name) LIKE $4 LIMIT $6)
UNION (SELECT id FROM (SELECT id, email, first_name, last_name, phone FROM contacts ORDER BY id DESC LIMIT $7) r
       WHERE lower(concat_ws(' ', first_name, last_name, email, phone)) LIKE $2 LIMIT $6)
ORDER BY id DESC LIMIT $6

-- name: found_notes
-- Ids of notes: by the beginnings of words through the index, and by any part among the newest.
-- $1 the words as a text query, $2 the text anywhere, $3 how many, $4 how many of the newest are looked through.
(SELECT id FROM notes WHERE to_tsvector('simple', left(title || ' ' || description, 100000)) @@ to_tsquery('simple', $1)
 ORDER BY id DESC LIMIT $3)
UNION (SELECT id FROM (SELECT id, title, description FROM notes ORDER BY id DESC LIMIT $4) r
       WHERE lower(title) LIKE $2 OR lower(left(description, 2000)) LIKE $2 LIMIT $3)
ORDER BY id DESC LIMIT $3
