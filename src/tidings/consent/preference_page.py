"""What the preference page lets a person see and change: lists, fields, custom fields. The setting is `preference_page`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from tidings.contacts import catalog
from tidings.contacts.types import ContactList
from tidings.platform.core import Core
from tidings.platform.db import Connection

# Columns that a person may be asked for, with their words on the page.
FIELDS: dict[str, str] = {
    "prefix": "Title",
    "first_name": "First name",
    "last_name": "Last name",
    "phone": "Phone",
    "date_of_birth": "Birthday",
    "address_line_1": "Address",
    "address_line_2": "Address, second line",
    "postal_code": "Postal code",
    "city": "City",
    "state": "State",
    "country": "Country",
}
NAMES = ("first_name", "last_name")
Lists = Literal["public", "none", "all", "chosen"]


class PreferencePage(msgspec.Struct, frozen=True, kw_only=True):
    """lists: which are offered; `chosen` are those of `list_ids`. has_own_fields: `fields` (keys of FIELDS) and `custom`
    (slugs) are shown, in their order, instead of the names alone (fluentcrm.md §5.5)."""

    lists: Lists = "public"
    list_ids: Sequence[int] = ()
    has_own_fields: bool = False
    fields: Sequence[str] = NAMES
    custom: Sequence[str] = ()

    @property
    def shown(self) -> tuple[Sequence[str], Sequence[str]]:
        """Columns and slugs of custom fields that are on the page."""
        return (self.fields, self.custom) if self.has_own_fields else (NAMES, ())


async def preference_page(core: Core) -> PreferencePage:
    """As it is set."""
    return msgspec.convert(await core.installation.get("preference_page"), PreferencePage)


async def save_preference_page(core: Core, page: PreferencePage, *, tx: Connection | None = None) -> None:
    """Stores it; fields that nobody may be asked for are left out."""
    kept = msgspec.structs.replace(page, fields=[one for one in dict.fromkeys(page.fields) if one in FIELDS])
    await core.installation.put({"preference_page": msgspec.to_builtins(kept)}, tx=tx)


async def offered_lists(core: Core, page: PreferencePage) -> list[ContactList]:
    """The lists that people join and leave by themselves."""
    if page.lists == "none":
        return []
    rows = (await catalog.list_lists(core)).rows
    if page.lists == "all":
        return rows
    return [one for one in rows if (one.id in page.list_ids if page.lists == "chosen" else one.is_public)]
