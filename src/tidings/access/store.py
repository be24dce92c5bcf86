"""Rows to types. Private to access."""

from __future__ import annotations

from tidings.access import rules
from tidings.access.types import USER_COLUMNS, Caller, User
from tidings.platform.db import Row, load_sql

sql = load_sql("tidings.access")
SELECTED = ", ".join(f"u.{name}" for name in USER_COLUMNS)


def user_from(row: Row) -> User:
    """A user by the names of the columns."""
    return User(*(row[name] for name in USER_COLUMNS))


def caller_from(row: Row) -> Caller:
    """A caller of a row with the user's columns and, for keys, the key's."""
    user = user_from(row)
    scopes = row.get("scopes")
    return Caller(
        user=user,
        permissions=rules.permissions_of(user),
        key_id=row.get("key_id"),
        key_name=row.get("key_name") or "",
        scopes=frozenset(scopes) if scopes else None,
        is_read_only=bool(row.get("is_read_only")),
    )
