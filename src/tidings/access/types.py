"""What the access feature speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from tidings.platform.errors import Forbidden

KeyKind = Literal["application-password", "furiosa", "fluenzr"]
KEY_KINDS: tuple[KeyKind, ...] = ("application-password", "furiosa", "fluenzr")


@dataclass(frozen=True, slots=True)
class Permission:
    """One of the sixteen capabilities (fluentcrm.md §1.6). `depends` are needed beside it."""

    key: str
    title: str
    group: str
    depends: tuple[str, ...] = ()


_CONTACTS, _EMAILS, _AUTOMATIONS, _OTHERS = "Contacts", "Emails", "Automations", "Others"
_TABLE = (
    Permission("fcrm_view_dashboard", "View the dashboard", _OTHERS),
    Permission("fcrm_read_contacts", "Read contacts", _CONTACTS),
    Permission("fcrm_manage_contacts", "Add, change and import contacts", _CONTACTS, ("fcrm_read_contacts",)),
    Permission("fcrm_manage_contacts_delete", "Delete contacts", _CONTACTS, ("fcrm_read_contacts",)),
    Permission("fcrm_manage_contacts_export", "Export contacts", _CONTACTS, ("fcrm_read_contacts",)),
    Permission(
        "fcrm_manage_contact_cats", "Manage tags, lists, companies and segments", _CONTACTS, ("fcrm_read_contacts",)
    ),
    Permission(
        "fcrm_manage_contact_cats_delete",
        "Delete tags, lists, companies and segments",
        _CONTACTS,
        ("fcrm_read_contacts",),
    ),
    Permission("fcrm_read_emails", "Read campaigns and mails", _EMAILS),
    Permission("fcrm_manage_emails", "Write and send campaigns", _EMAILS, ("fcrm_read_emails",)),
    Permission("fcrm_manage_email_delete", "Delete campaigns and mails", _EMAILS, ("fcrm_read_emails",)),
    Permission("fcrm_manage_email_templates", "Manage templates and patterns", _EMAILS),
    Permission("fcrm_manage_forms", "Manage forms", _OTHERS),
    Permission("fcrm_read_funnels", "Read automations", _AUTOMATIONS),
    Permission("fcrm_write_funnels", "Write automations", _AUTOMATIONS, ("fcrm_read_funnels",)),
    Permission("fcrm_delete_funnels", "Delete automations", _AUTOMATIONS, ("fcrm_read_funnels",)),
    Permission("fcrm_manage_settings", "Manage settings", _OTHERS),
)
PERMISSIONS: dict[str, Permission] = {p.key: p for p in _TABLE}
AccountEvent = Literal["created", "changed", "role_given", "closed"]
ROLES: tuple[str, ...] = ("administrator", "editor", "author", "contributor", "subscriber")
FURIOSA_SCOPES: tuple[str, ...] = (
    "contacts:read",
    "contacts:write",
    "audiences:read",
    "audiences:write",
    "campaigns:read",
    "campaigns:write",
    "pages:read",
    "analytics:read",
)


# Requests in a minute of the kinds of keys that are counted, unless the key says otherwise (their guides).
USUAL_PER_MINUTE: dict[KeyKind, int] = {"furiosa": 60, "fluenzr": 1000}


class User(msgspec.Struct, frozen=True):
    """An account. The order of the fields is the order of USER_COLUMNS."""

    id: int
    login: str
    email: str
    first_name: str
    last_name: str
    display_name: str
    role: str
    permissions: list[str]
    epoch: int
    preferences: dict[str, object]
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None

    @property
    def is_administrator(self) -> bool:
        """Owner of the installation: every permission."""
        return self.role == "administrator"


USER_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(User))


class ApiKey(msgspec.Struct, frozen=True):
    """A key as it is listed: never its secret, only a hint of it. Empty `scopes` means all.

    `origin` names the door that made it, where that door lists its own keys only.
    """

    id: int
    uuid: str
    kind: KeyKind
    user_id: int
    name: str
    hint: str
    scopes: list[str]
    is_read_only: bool
    per_minute: int | None
    created_at: datetime
    used_at: datetime | None
    used_ip: str | None
    revoked_at: datetime | None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. `scopes` None means that no scope limits the caller."""

    user: User
    permissions: frozenset[str]
    key_id: int | None = None
    key_name: str = ""
    scopes: frozenset[str] | None = None
    is_read_only: bool = False

    def may(self, permission: str) -> bool:
        """Whether the permission is held."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Raises Forbidden naming the permission."""
        if permission not in self.permissions:
            raise Forbidden(permission)

    def require_scope(self, scope: str) -> None:
        """Raises Forbidden naming the scope."""
        if self.scopes is not None and scope not in self.scopes:
            raise Forbidden(scope, f"This API key does not have the required permission: {scope}")


class AuditEntry(msgspec.Struct, frozen=True):
    """Who did what to what, when, from where."""

    id: int
    at: datetime
    user_id: int | None
    actor: str
    action: str
    object: str
    data: dict[str, object]
    ip: str | None
