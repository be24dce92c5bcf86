"""Lists and tags to choose from, as forms, webhooks and smart links show them (`forms/picks.html`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidings.contacts import catalog
from tidings.contacts.types import ContactList, Tag
from tidings.platform.core import Core
from tidings.ui.contacts.filters import in_tree_order
from tidings.ui.shell.forms import Form


@dataclass(frozen=True, slots=True)
class Shelves:
    """What is offered: lists followed by their groups, tags by title."""

    lists: Sequence[ContactList]
    tags: Sequence[Tag]

    def list_ids(self, form: Form, name: str = "lists") -> list[int]:
        """The lists that the form asks for; what is gone meanwhile is left out."""
        known = {one.id for one in self.lists}
        return [one for one in form.ids(name) if one in known]

    def tag_ids(self, form: Form, name: str = "tags") -> list[int]:
        """The tags that the form asks for."""
        known = {one.id for one in self.tags}
        return [one for one in form.ids(name) if one in known]

    @property
    def list_titles(self) -> dict[int, str]:
        """Titles by id."""
        return {one.id: one.title for one in self.lists}

    @property
    def tag_titles(self) -> dict[int, str]:
        """Titles by id."""
        return {one.id: one.title for one in self.tags}


async def offered(core: Core) -> Shelves:
    """Everything there is: two statements."""
    lists = in_tree_order((await catalog.list_lists(core)).rows)
    return Shelves(lists, sorted((await catalog.list_tags(core)).rows, key=lambda one: one.title.lower()))


def picked(ids: Sequence[int]) -> list[str]:
    """Ids as the values of boxes."""
    return [str(one) for one in ids]
