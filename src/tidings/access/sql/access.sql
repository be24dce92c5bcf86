-- name: caller_by_password
-- One look: the user by login or address, and the key by its hash; a key of an older epoch is dead.
SELECT u.*, k.id AS key_id, k.name AS key_name, k.used_at FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.secret_hash = $1 AND k.kind = 'application-password' AND k.revoked_at IS NULL AND k.epoch = u.epoch
  AND u.disabled_at IS NULL AND (lower(u.login) = $2 OR lower(u.email) = $2)

-- name: caller_by_key
SELECT u.*, k.id AS key_id, k.name AS key_name, k.scopes, k.is_read_only, k.per_minute, k.used_at
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.secret_hash = $1 AND k.kind = $2 AND k.revoked_at IS NULL AND k.epoch = u.epoch AND u.disabled_at IS NULL

-- name: caller_by_key_counted
-- The same, and the request counted in the minute's window of the key, in one statement.
WITH known AS (
    SELECT k.id AS key_id, k.name AS key_name, k.scopes, k.is_read_only, k.per_minute, k.used_at, k.user_id
    FROM api_keys k JOIN users u ON u.id = k.user_id
    WHERE k.secret_hash = $1 AND k.kind = $2 AND k.revoked_at IS NULL AND k.epoch = u.epoch AND u.disabled_at IS NULL),
counted AS (
    INSERT INTO rate_windows (key, window_at, used) SELECT 'key:' || key_id, $3, 1 FROM known
    ON CONFLICT (key) DO UPDATE SET
        used = CASE WHEN rate_windows.window_at = excluded.window_at THEN rate_windows.used + 1 ELSE 1 END,
        window_at = excluded.window_at
    RETURNING used)
SELECT u.*, known.key_id, known.key_name, known.scopes, known.is_read_only, known.per_minute, known.used_at, counted.used
FROM known JOIN users u ON u.id = known.user_id, counted

-- name: touch_key
UPDATE api_keys SET used_at = $2, used_ip = $3 WHERE id = $1 AND (used_at IS NULL OR used_at < $2::timestamptz - interval '1 minute')

-- name: session
SELECT u.* FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.token_hash = $1 AND s.epoch = u.epoch AND s.expires_at > $2 AND u.disabled_at IS NULL

-- name: open_session
INSERT INTO sessions (token_hash, user_id, epoch, ip, agent, created_at, seen_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7)

-- name: insert_user
INSERT INTO users (login, email, first_name, last_name, display_name, role, permissions, password_hash, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT DO NOTHING RETURNING id

-- name: insert_key
INSERT INTO api_keys (kind, user_id, name, secret_hash, hint, scopes, is_read_only, per_minute, epoch, created_at)
SELECT $1, u.id, $3, $4, $5, $6, $7, $8, u.epoch, $9 FROM users u WHERE u.id = $2 RETURNING id

-- name: keys
SELECT id, uuid::text, kind, user_id, name, hint, scopes, is_read_only, per_minute, created_at, used_at, used_ip, revoked_at
FROM api_keys WHERE ($1::bigint IS NULL OR user_id = $1) AND ($2::text IS NULL OR kind = $2) ORDER BY id DESC

-- name: audit
INSERT INTO audit_entries (at, user_id, actor, action, object, data, ip) VALUES ($1, $2, $3, $4, $5, $6, $7)
