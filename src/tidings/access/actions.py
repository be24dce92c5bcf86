"""Letting in and keeping out: users, sessions, keys. Passwords are argon2id; key secrets are kept as keyed hashes,
because they are random and long, so that one look-up suffices and a leaked database reveals none. Who is behind a
request is found in `callers`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from tidings.access import queries, rules, store
from tidings.access.callers import caller_and_usage as caller_and_usage
from tidings.access.callers import caller_by_basic as caller_by_basic
from tidings.access.callers import session_caller as session_caller
from tidings.access.types import USUAL_PER_MINUTE, AccountEvent, ApiKey, KeyKind, User
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.db import Connection, affected
from tidings.platform.errors import Invalid, NotFound, Problem, RateLimited, Refused, Unauthenticated
from tidings.platform.facts import Fact, write_facts

SESSION_LASTS = timedelta(days=14)
TRIES_PER_LOGIN, TRIES_PER_ADDRESS = 10, 50
# Requests that a key may be given in a minute: more is no limit.
MOST_PER_MINUTE = 1_000_000
TRY_WINDOW = timedelta(minutes=5)
# What happened to an account, for `accounts.jobs`.
FOLLOW_JOB = "follow_account"

_hasher = PasswordHasher()
# Verified against when the user is unknown, so that the answer takes the same work: of no password, nothing but zeros.
_DUMMY = f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}${'A' * 22}${'A' * 43}"


async def create_user(
    core: Core,
    *,
    login: str,
    email: str,
    first_name: str = "",
    last_name: str = "",
    role: str = "subscriber",
    permissions: Sequence[str] = (),
    password: str | None = None,
) -> User:
    """Makes an account; without a password it cannot log in. Raises Invalid naming the field."""
    login, role = rules.checked_login(login), rules.checked_role(role)
    hashed = await asyncio.to_thread(_hasher.hash, rules.checked_password(password)) if password is not None else None
    if "@" not in email or len(email) > 190 or any(c.isspace() for c in email):
        raise Invalid({"email": Problem("email", "The email must be a valid email address.")})
    args = (
        login,
        email.strip(),
        first_name.strip(),
        last_name.strip(),
        f"{first_name} {last_name}".strip() or login,
        role,
        rules.checked_permissions(permissions),
        hashed,
        core.clock.now(),
    )
    async with core.db.transaction() as tx:
        made = await tx.fetchval(store.sql.insert_user, *args)
        if made is None:
            raise Invalid({"login": Problem("unique", "The login or the email is already in use.")})
        await write_facts(tx, [Fact("user_created", subject_id=made, data={"role": role})])
        await _tell(tx, made, "created")
    return await queries.user_by_id(core, made)


async def _tell(tx: Connection, user_id: int, event: AccountEvent) -> None:
    """Has whoever keeps contacts of accounts look at this one; the feature is above us."""
    await jobs.enqueue(tx, FOLLOW_JOB, {"user_id": user_id, "event": event})


async def update_user(core: Core, user_id: int, *, first_name: str, last_name: str, email: str) -> None:
    """Changes names and address; raises NotFound, Invalid."""
    if await core.db.fetchval("SELECT 1 FROM users WHERE lower(email) = lower($1) AND id <> $2", email, user_id):
        raise Invalid({"email": Problem("unique", "The email is already in use.")})
    async with core.db.transaction() as tx:
        done = await tx.fetchval(
            """UPDATE users SET first_name = $2, last_name = $3, email = $4, updated_at = $5,
            display_name = coalesce(nullif(trim($2 || ' ' || $3), ''), login) WHERE id = $1 RETURNING id""",
            user_id,
            first_name.strip(),
            last_name.strip(),
            email.strip(),
            core.clock.now(),
        )
        if done is None:
            raise NotFound("user", user_id)
        await _tell(tx, user_id, "changed")


async def set_preferences(core: Core, user_id: int, preferences: dict[str, Any]) -> None:
    """Merges what a user chose for the interface (theme, columns)."""
    await core.db.execute("UPDATE users SET preferences = preferences || $2 WHERE id = $1", user_id, preferences)


async def set_password(core: Core, user_id: int, password: str) -> None:
    """A new password; every session and key of the user dies."""
    hashed = await asyncio.to_thread(_hasher.hash, rules.checked_password(password))
    await _raise_epoch(core, user_id, "password_hash = $3", hashed)


async def set_role(core: Core, user_id: int, role: str, permissions: Sequence[str] = ()) -> None:
    """A new role with permissions; every session and key of the user dies. The last administrator stays one."""
    if rules.checked_role(role) != "administrator":
        await _require_other_administrator(core, user_id)
    granted = rules.checked_permissions(permissions)
    await _raise_epoch(core, user_id, "role = $3, permissions = $4", role, granted, event="role_given")


async def disable_user(core: Core, user_id: int) -> None:
    """Nobody comes in under this account any more; raises Invalid for the last administrator."""
    await _require_other_administrator(core, user_id)
    await _raise_epoch(core, user_id, "disabled_at = $3", core.clock.now(), event="closed")


async def _require_other_administrator(core: Core, user_id: int) -> None:
    others = await core.db.fetchval(
        "SELECT count(*) FROM users WHERE role = 'administrator' AND disabled_at IS NULL AND id <> $1", user_id
    )
    if not others:
        raise Invalid({"role": Problem("last", "The last administrator must stay one.")})


async def _raise_epoch(core: Core, user_id: int, sets: str, *args: Any, event: AccountEvent | None = None) -> None:
    async with core.db.transaction() as tx:
        done = await tx.fetchval(
            f"UPDATE users SET epoch = epoch + 1, updated_at = $2, {sets} WHERE id = $1 RETURNING id",
            user_id,
            core.clock.now(),
            *args,
        )
        if done is None:
            raise NotFound("user", user_id)
        if event is not None:
            await _tell(tx, user_id, event)


async def start_session(core: Core, login: str, password: str, *, ip: str = "", agent: str = "") -> tuple[str, User]:
    """Checks a password and opens a session: (token for the cookie, user).

    Raises RateLimited after too many tries for the login or from the address, else Unauthenticated with one text.
    """
    await count_try(core, f"login:{login.strip().lower()}", TRIES_PER_LOGIN)
    await count_try(core, f"login-ip:{ip}", TRIES_PER_ADDRESS)
    row = await core.db.fetchrow(
        f"SELECT {store.SELECTED}, u.password_hash FROM users u WHERE (lower(u.login) = lower($1) OR lower(u.email) = lower($1)) AND u.disabled_at IS NULL",
        login.strip(),
    )
    stored = (row["password_hash"] if row else None) or _DUMMY
    is_right = await asyncio.to_thread(_is_password, stored, password)
    if row is None or not is_right or row["password_hash"] is None:
        raise Unauthenticated("The login or the password is wrong.")
    user = store.user_from(row)
    token = secrets.token_urlsafe(32)
    now = core.clock.now()
    async with core.db.transaction() as tx:
        await tx.execute(
            store.sql.open_session,
            core.keys.hash_secret(token),
            user.id,
            user.epoch,
            ip,
            agent[:300],
            now,
            now + SESSION_LASTS,
        )
        await write_facts(tx, [Fact("user_signed_in", subject_id=user.id, data={"role": user.role})])
    return token, user


def _is_password(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


async def count_try(core: Core, key: str, limit: int) -> None:
    """Counts one try under a key in a window of five minutes; raises RateLimited past the limit."""
    now = core.clock.now()
    window = datetime.fromtimestamp(
        now.timestamp() // TRY_WINDOW.total_seconds() * TRY_WINDOW.total_seconds(), now.tzinfo
    )
    used = await core.db.fetchval(
        """INSERT INTO rate_windows (key, window_at, used) VALUES ($1, $2, 1) ON CONFLICT (key) DO UPDATE SET
        used = CASE WHEN rate_windows.window_at = excluded.window_at THEN rate_windows.used + 1 ELSE 1 END,
        window_at = excluded.window_at RETURNING used""",
        key,
        window,
    )
    if used > limit:
        raise RateLimited(window + TRY_WINDOW - now, limit=limit)


async def end_session(core: Core, token: str) -> None:
    """Logs out."""
    await core.db.execute("DELETE FROM sessions WHERE token_hash = $1", core.keys.hash_secret(token))


async def delete_ended_sessions(core: Core) -> None:
    """Forgets sessions whose time is over."""
    await core.db.execute("DELETE FROM sessions WHERE expires_at < $1", core.clock.now())


def csrf_token(core: Core, session_token: str) -> str:
    """The token that every unsafe request of the session must carry."""
    return core.keys.mac("csrf", session_token.encode(), size=20).hex()


def is_csrf(core: Core, session_token: str, given: str) -> bool:
    """Constant-time check."""
    return secrets.compare_digest(csrf_token(core, session_token).encode(), given.encode())


async def create_key(
    core: Core,
    *,
    kind: KeyKind,
    name: str,
    user_id: int | None = None,
    user_login: str | None = None,
    scopes: Sequence[str] = (),
    is_read_only: bool = False,
    per_minute: int | None = None,
    origin: str = "",
) -> tuple[ApiKey, str]:
    """Makes a key for a user: (key, secret). The secret is shown this once. Raises NotFound, Invalid."""
    if user_id is None:
        user_id = (await queries.user_by_login(core, user_login or "")).id
    scopes = rules.checked_scopes(kind, scopes)
    if not name.strip():
        raise Invalid({"name": Problem("required", "The name field is required.")})
    _check_limit(per_minute)
    secret = rules.new_secret(kind)
    made = await core.db.fetchval(
        store.sql.insert_key,
        kind,
        user_id,
        name.strip()[:120],
        core.keys.hash_secret(secret),
        rules.hint_of(kind, secret),
        scopes,
        is_read_only,
        per_minute,
        core.clock.now(),
        origin,
    )
    if made is None:
        raise NotFound("user", user_id)
    key = next(k for k in await queries.list_keys(core, user_id=user_id) if k.id == made)
    return key, rules.shown_secret(kind, secret)


def _check_limit(per_minute: int | None) -> None:
    if per_minute is not None and not 1 <= per_minute <= MOST_PER_MINUTE:
        raise Invalid({"per_minute": Problem("between", f"A limit is a number from 1 to {MOST_PER_MINUTE:,}.")})


async def limit_key(core: Core, key_id: int, per_minute: int | None) -> None:
    """How many requests a minute a key has, None for what is usual of its kind; it counts from the very next request.

    Raises Invalid for a number out of range, Refused for a key whose requests are not counted, NotFound for one that is
    not there or is revoked.
    """
    _check_limit(per_minute)
    async with core.db.transaction() as tx:
        kind = await tx.fetchval(
            "UPDATE api_keys SET per_minute = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING kind",
            key_id,
            per_minute,
        )
        if kind is None:
            raise NotFound("key", key_id)
        if kind not in USUAL_PER_MINUTE:
            raise Refused("Requests with a key of this kind are not counted.", code="not_counted")


async def revoke_key(core: Core, key_id: int) -> None:
    """The key is dead on the very next request, in every process. Raises NotFound."""
    done = await core.db.execute(
        "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", key_id, core.clock.now()
    )
    if not done:
        raise NotFound("key", key_id)


async def delete_audit(core: Core, before: datetime, limit: int) -> int:
    """Deletes the oldest `limit` lines of the audit book older than an instant; how many went."""
    async with core.db.transaction() as tx:
        return affected(
            await tx.execute(
                "DELETE FROM audit_entries WHERE id IN (SELECT id FROM audit_entries WHERE at < $1 ORDER BY id LIMIT $2)",
                before,
                limit,
            )
        )


async def audit(
    core: Core,
    tx: Connection | None,
    *,
    actor: User | None,
    action: str,
    object: str = "",
    data: dict[str, Any] | None = None,
    ip: str = "",
) -> None:
    """Writes a line of the audit book, inside the caller's transaction when one is given."""
    args = (
        core.clock.now(),
        actor.id if actor else None,
        actor.login if actor else "system",
        action,
        object,
        data or {},
        ip,
    )
    if tx is not None:
        await tx.execute(store.sql.audit, *args)
    else:
        await core.db.execute(store.sql.audit, *args)
