"""Reads of users, keys and the audit book."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidings.access import store
from tidings.access.types import ApiKey, AuditEntry, User
from tidings.platform.core import Core
from tidings.platform.db import escape_like
from tidings.platform.errors import NotFound
from tidings.platform.pagination import Page, PageRequest

_SORTS = {"id": "u.id", "login": "lower(u.login)", "email": "lower(u.email)", "display_name": "u.display_name"}


async def find_user(core: Core, login: str) -> User | None:
    """The user with that login or address, or None."""
    row = await core.db.fetchrow(
        f"SELECT {store.SELECTED} FROM users u WHERE lower(u.login) = lower($1) OR lower(u.email) = lower($1)",
        login.strip(),
    )
    return store.user_from(row) if row else None


async def user_by_login(core: Core, login: str) -> User:
    """The same; raises NotFound."""
    found = await find_user(core, login)
    if found is None:
        raise NotFound("user", login)
    return found


async def user_by_id(core: Core, user_id: int) -> User:
    """One user; raises NotFound."""
    row = await core.db.fetchrow(f"SELECT {store.SELECTED} FROM users u WHERE u.id = $1", user_id)
    if row is None:
        raise NotFound("user", user_id)
    return store.user_from(row)


async def list_users(core: Core, request: PageRequest, *, search: str = "", roles: Sequence[str] = ()) -> Page[User]:
    """A page of users by login, address or name, optionally of certain roles."""
    where = """($1 = '' OR lower(u.login) LIKE $1 OR lower(u.email) LIKE $1 OR lower(u.display_name) LIKE $1)
        AND (cardinality($2::text[]) = 0 OR u.role = ANY($2))"""
    text = escape_like(search.strip().lower())
    args = (f"%{text}%" if text else "", list(roles))
    rows = await core.db.fetch(
        f"SELECT {store.SELECTED} FROM users u WHERE {where} {request.order_by(_SORTS)} LIMIT $3 OFFSET $4",
        *args,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval(f"SELECT count(*) FROM users u WHERE {where}", *args)
    return Page([store.user_from(row) for row in rows], total, request)


async def users_by_ids(core: Core, ids: Sequence[int]) -> list[User]:
    """Several users at once, by id; unknown ids are left out."""
    rows = await core.db.fetch(
        f"SELECT {store.SELECTED} FROM users u WHERE u.id = ANY($1::bigint[]) ORDER BY u.id", list(ids)
    )
    return [store.user_from(row) for row in rows]


async def has_users(core: Core) -> bool:
    """Whether anybody can log in at all; a fresh installation has nobody."""
    return bool(await core.db.fetchval("SELECT EXISTS (SELECT 1 FROM users)"))


async def is_of_team(core: Core, email: str, user_id: int | None = None) -> bool:
    """Whether an address, or the account behind a contact, is that of somebody who may do something here. Subscribers
    without permissions and closed accounts are nobody of the team."""
    return await core.db.fetchval(
        """SELECT EXISTS (SELECT 1 FROM users u WHERE (lower(u.email) = lower($1) OR u.id = $2) AND u.disabled_at IS NULL
        AND (u.role <> 'subscriber' OR cardinality(u.permissions) > 0))""",
        email,
        user_id,
    )


async def list_managers(core: Core, request: PageRequest) -> Page[User]:
    """A page of the users who are no administrators and hold permissions, by id."""
    where = "u.role <> 'administrator' AND cardinality(u.permissions) > 0 AND u.disabled_at IS NULL"
    rows = await core.db.fetch(
        f"SELECT {store.SELECTED} FROM users u WHERE {where} ORDER BY u.id LIMIT $1 OFFSET $2",
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval(f"SELECT count(*) FROM users u WHERE {where}")
    return Page([store.user_from(row) for row in rows], total, request)


async def list_keys(
    core: Core, *, user_id: int | None = None, kind: str | None = None, origin: str | None = None
) -> list[ApiKey]:
    """Keys, newest first, revoked ones too; with `origin` only the living ones that this door made."""
    return [ApiKey(*row) for row in await core.db.fetch(store.sql.keys, user_id, kind, origin)]


async def list_audit(
    core: Core,
    request: PageRequest,
    *,
    search: str = "",
    user_id: int | None = None,
    action: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[AuditEntry]:
    """The audit book, newest first: of one user, of one action, from `since` on and before `until`, or with a text in
    the actor, the action or the object."""
    text = escape_like(search.strip().lower())
    args = (f"%{text}%" if text else "", user_id, action, since, until)
    rows = await core.db.fetch(store.sql.list_audit, *args, request.per_page, request.offset)
    total = await core.db.fetchval(store.sql.count_audit, *args)
    return Page([AuditEntry(*row) for row in rows], total, request)
