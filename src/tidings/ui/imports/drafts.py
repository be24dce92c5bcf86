"""What every page of an import begins with: who may, the import at the step it stands, the names of lists and tags."""

from __future__ import annotations

from dataclasses import dataclass

from tidings.contacts import catalog
from tidings.contacts.types import ContactList
from tidings.imports import queries
from tidings.imports.types import Import
from tidings.platform.core import Core
from tidings.platform.pagination import PageRequest
from tidings.ui.shell.guard import Detour
from tidings.ui.shell.visit import Visiting

WRITE = "fcrm_manage_contacts"
# Who may make lists, tags and custom fields.
MAKE = "fcrm_manage_contact_cats"
OFFERED = PageRequest(per_page=500, sort="title", is_descending=False)


async def undecided(visit: Visiting, import_id: int) -> Import:
    """The import while its decisions are open; once it has begun its own page is the place."""
    found = await queries.import_by_id(visit.core, import_id)
    if found.rows_done or found.state not in ("uploaded", "stopped", "failed"):
        raise Detour(f"/import/{import_id}")
    return found


@dataclass(frozen=True, slots=True)
class Offer:
    """Lists and tags as the ticks of a form take them: (id, title, contacts, whether it is a group)."""

    lists: list[tuple[int, str, int, bool]]
    tags: list[tuple[int, str, int, bool]]

    def named(self, list_ids: list[int], tag_ids: list[int]) -> tuple[list[str], list[str]]:
        """The titles of some of them."""
        return (
            [title for one, title, _n, _g in self.lists if one in list_ids],
            [title for one, title, _n, _g in self.tags if one in tag_ids],
        )


async def offer(core: Core, list_ids: list[int], tag_ids: list[int]) -> Offer:
    """What can be chosen, with what is chosen already among it."""
    lists = {one.id: one for one in (await catalog.list_lists(core, OFFERED)).rows}
    tags = {one.id: one for one in (await catalog.list_tags(core, OFFERED)).rows}
    if missing := [one for one in list_ids if one not in lists]:
        lists |= {one.id: one for one in (await catalog.list_lists(core, ids=missing)).rows}
    if missing := [one for one in tag_ids if one not in tags]:
        tags |= {one.id: one for one in (await catalog.list_tags(core, ids=missing)).rows}
    return Offer(
        [(one.id, one.title, one.contacts_count, one.parent_id in lists) for one in _as_tree(list(lists.values()))],
        [(one.id, one.title, one.contacts_count, False) for one in tags.values()],
    )


def _as_tree(lists: list[ContactList]) -> list[ContactList]:
    known = {one.id for one in lists}
    groups: dict[int | None, list[ContactList]] = {}
    for one in lists:
        groups.setdefault(one.parent_id if one.parent_id in known else None, []).append(one)
    return [one for top in groups.get(None, []) for one in (top, *groups.get(top.id, []))]
