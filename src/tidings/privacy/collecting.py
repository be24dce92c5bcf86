"""Everything that is known about one contact, as plain values. One person's data: a handful of statements."""

from __future__ import annotations

from typing import Any

from tidings.contacts import queries
from tidings.contacts.types import CONTACT_COLUMNS, ContactView
from tidings.platform.core import Core
from tidings.platform.db import Row
from tidings.privacy.store import sql

# In the order in which they are shown.
SECTIONS = ("consents", "notes", "mails", "hits", "events", "forms", "companies", "automations", "pipeline", "history")


async def personal_data(core: Core, contact_id: int) -> dict[str, Any]:
    """The contact with all that hangs on it; raises NotFound. Instants are aware, names are ours."""
    view = await queries.contact_by_id(core, contact_id)
    labels = {slug: one.label for slug, one in (await queries.custom_fields(core)).items()}
    contact = view.contact
    data: dict[str, Any] = {
        "exported_at": core.clock.now(),
        "contact": {
            name: value
            for name in CONTACT_COLUMNS
            if name != "custom" and (value := getattr(contact, name)) is not None
        },
        "custom_fields": {labels.get(slug, slug): value for slug, value in contact.custom.items()},
        **_memberships(view),
    }
    for name in SECTIONS:
        data[name] = [_plain(row) for row in await core.db.fetch(getattr(sql, name), contact_id)]
    suppressed = await core.db.fetchrow(sql.suppression, contact.email or "")
    data["suppression"] = _plain(suppressed) if suppressed else None
    return data


def _memberships(view: ContactView) -> dict[str, Any]:
    return {
        "lists": [{"title": one.title, "joined_at": one.joined_at} for one in view.lists],
        "tags": [{"title": one.title, "given_at": one.joined_at} for one in view.tags],
    }


def _plain(row: Row) -> dict[str, Any]:
    return dict(row.items())
