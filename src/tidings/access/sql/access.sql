-- name: callers_by_password
-- One look for many: users by login or address, and keys by their hash; a key of an older epoch is dead.
SELECT a.place, u.*, k.id AS key_id, k.name AS key_name, k.used_at
FROM unnest($1::bytea[], $2::text[]) WITH ORDINALITY AS a (secret_hash, login, place)
JOIN api_keys k ON k.secret_hash = a.secret_hash JOIN users u ON u.id = k.user_id
WHERE k.kind = 'application-password' AND k.revoked_at IS NULL AND k.epoch = u.epoch
  AND u.disabled_at IS NULL AND (lower(u.login) = a.login OR lower(u.email) = a.login)

-- name: callers_by_key_counted
-- Bearer keys ($1 hashes, $2 kinds, each once) with their users, and $3 requests of each counted in the minute's
-- window, in one statement. The counters are taken in the order of the keys, so that two processes never deadlock.
WITH known AS (
    SELECT a.place, a.times, k.id AS key_id, k.name AS key_name, k.scopes, k.is_read_only, k.per_minute, k.used_at, k.user_id
    FROM unnest($1::bytea[], $2::text[], $3::int[]) WITH ORDINALITY AS a (secret_hash, kind, times, place)
    JOIN api_keys k ON k.secret_hash = a.secret_hash AND k.kind = a.kind JOIN users u ON u.id = k.user_id
    WHERE k.revoked_at IS NULL AND k.epoch = u.epoch AND u.disabled_at IS NULL),
counted AS (
    INSERT INTO rate_windows AS w (key, window_at, used) SELECT 'key:' || key_id, $4, times FROM known ORDER BY key_id
    ON CONFLICT (key) DO UPDATE SET
        used = CASE WHEN w.window_at = excluded.window_at THEN w.used + excluded.used ELSE excluded.used END,
        window_at = excluded.window_at
    RETURNING w.key, w.used)
SELECT known.place, u.*, known.key_id, known.key_name, known.scopes, known.is_read_only, known.per_minute, known.used_at,
       counted.used
FROM known JOIN users u ON u.id = known.user_id JOIN counted ON counted.key = 'key:' || known.key_id

-- name: touch_key
UPDATE api_keys SET used_at = $2, used_ip = $3 WHERE id = $1 AND (used_at IS NULL OR used_at < $2::timestamptz - interval '1 minute')

-- name: sessions_of
SELECT s.token_hash, u.* FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.token_hash = ANY($1::bytea[]) AND s.epoch = u.epoch AND s.expires_at > $2 AND u.disabled_at IS NULL

-- name: open_session
INSERT INTO sessions (token_hash, user_id, epoch, ip, agent, created_at, seen_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7)

-- name: insert_user
INSERT INTO users (login, email, first_name, last_name, display_name, role, permissions, password_hash, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT DO NOTHING RETURNING id

-- name: insert_key
INSERT INTO api_keys (kind, user_id, name, secret_hash, hint, scopes, is_read_only, per_minute, epoch, created_at, origin)
SELECT $1, u.id, $3, $4, $5, $6, $7, $8, u.epoch, $9, $10 FROM users u WHERE u.id = $2 RETURNING id

-- name: keys
SELECT id, uuid::text, kind, user_id, name, hint, scopes, is_read_only, per_minute, created_at, used_at, used_ip, revoked_at,
       origin
FROM api_keys WHERE ($1::bigint IS NULL OR user_id = $1) AND ($2::text IS NULL OR kind = $2)
  AND ($3::text IS NULL OR origin = $3 AND revoked_at IS NULL) ORDER BY id DESC

-- name: audit
INSERT INTO audit_entries (at, user_id, actor, action, object, data, ip) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: list_audit
-- $1 a text in the actor, the action or the object, $2 a user, $3 an action, $4 and $5 the time.
SELECT id, at, user_id, actor, action, object, data, ip FROM audit_entries
WHERE ($1 = '' OR lower(actor) LIKE $1 OR lower(action) LIKE $1 OR lower(object) LIKE $1)
  AND ($2::bigint IS NULL OR user_id = $2) AND ($3 = '' OR action = $3)
  AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
ORDER BY id DESC LIMIT $6 OFFSET $7

-- name: count_audit
SELECT count(*) FROM audit_entries
WHERE ($1 = '' OR lower(actor) LIKE $1 OR lower(action) LIKE $1 OR lower(object) LIKE $1)
  AND ($2::bigint IS NULL OR user_id = $2) AND ($3 = '' OR action = $3)
  AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
