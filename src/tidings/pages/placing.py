"""The landing page that the preference form stands on, when the installation has given it one (fluentcrm.md §5.5)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from tidings.pages import store
from tidings.platform.core import Core
from tidings.platform.db import Connection

SETTING = "preference_place"


class PreferencePlace(msgspec.Struct, frozen=True, kw_only=True):
    """is_on_page: the links of mails lead to the page `page_id`, as long as it is published and has the form."""

    is_on_page: bool = False
    page_id: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page with the preference form on it."""

    id: int
    title: str
    slug: str
    is_published: bool


async def preference_place(core: Core) -> PreferencePlace:
    """As it is set."""
    return msgspec.convert(await core.installation.get(SETTING), PreferencePlace)


async def save_preference_place(core: Core, place: PreferencePlace, *, tx: Connection | None = None) -> None:
    """Stores it. A page that is not there, not published or without the form is no place: the usual page stays."""
    await core.installation.put({SETTING: msgspec.to_builtins(place)}, tx=tx)


async def candidates(core: Core) -> list[Candidate]:
    """The pages that have the form, by title; one statement."""
    return [Candidate(*row) for row in await core.db.fetch(store.sql.preference_pages, None)]


async def address_of_preferences(core: Core) -> str:
    """The short name of the page where the form is found now, "" for the usual page."""
    place = await preference_place(core)
    if not place.is_on_page or place.page_id is None:
        return ""
    rows = await core.db.fetch(store.sql.preference_pages, place.page_id)
    return next((row["slug"] for row in rows if row["is_published"]), "")
