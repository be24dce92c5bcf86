"""The filters of the table: words of the address to a rule. What a rule means is `segments`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from tidings.contacts import catalog
from tidings.contacts.types import STATUSES, ContactList, Tag
from tidings.platform.core import Core
from tidings.segments import queries as segments
from tidings.segments.queries import Segment
from tidings.segments.types import All, HasTags, InLists, Nobody, Rule, Search, StatusIn
from tidings.ui.shell.forms import Form

WORDS = ("q", "status", "list", "tag", "segment")
MAX_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Shelves:
    """What the filters offer."""

    lists: Sequence[ContactList]
    tags: Sequence[Tag]
    segments: Sequence[Segment]


async def shelves_of(core: Core) -> Shelves:
    """Lists in their tree order, tags and segments by title; pages that wait at the same moment share the reading."""
    return await core.gatherings.shared("shelves of contacts", partial(_shelves, core))


async def _shelves(core: Core) -> Shelves:
    lists = in_tree_order((await catalog.list_lists(core)).rows)
    tags = sorted((await catalog.list_tags(core)).rows, key=lambda tag: tag.title.lower())
    saved = sorted(await segments.list_segments(core), key=lambda one: one.title.lower())
    return Shelves(lists, tags, saved)


def in_tree_order(lists: Sequence[ContactList]) -> list[ContactList]:
    """Each list followed by its groups, by title."""
    by_title = sorted(lists, key=lambda one: one.title.lower())
    groups: dict[int, list[ContactList]] = {}
    for one in by_title:
        if one.parent_id is not None:
            groups.setdefault(one.parent_id, []).append(one)
    return [found for top in by_title if top.parent_id is None for found in (top, *groups.get(top.id, []))]


def rule_of(words: Form, saved: Sequence[Segment]) -> Rule | None:
    """What the words ask for; None when they ask for nothing. What is not understood matches nobody."""
    rules: list[Rule] = []
    if text := words.text("q").replace("\0", "")[:MAX_SEARCH]:
        rules.append(Search(text))
    if status := words.text("status"):
        rules.append(StatusIn((status,)) if status in STATUSES else Nobody())
    if words.text("list"):
        rules.append(InLists("in", tuple(words.ids("list"))))
    if words.text("tag"):
        rules.append(HasTags("in", tuple(words.ids("tag"))))
    if words.text("segment"):
        rules.extend(one.rule for one in saved if one.id in words.ids("segment"))
        if not any(one.id in words.ids("segment") for one in saved):
            rules.append(Nobody())
    if not rules:
        return None
    return rules[0] if len(rules) == 1 else All(tuple(rules))
