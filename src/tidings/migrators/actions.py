"""Moving in: are the credentials right, what is there, and a page of people at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tidings.contacts.actions import write_contacts
from tidings.contacts.outside import draft_from_outside
from tidings.contacts.queries import custom_fields
from tidings.contacts.types import CustomField, Draft, WritePolicy
from tidings.migrators.types import Choice, Credentials, Moved, Overview, Plan, RemotePage, RemotePerson
from tidings.migrators.vendors import VENDORS
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound


def _vendor(name: str) -> Any:
    if name not in VENDORS:
        raise NotFound("vendor", name)
    return VENDORS[name]


async def verify(core: Core, name: str, given: Credentials, *, base: str | None = None) -> None:
    """Raises NotFound for an unknown system, Refused when it cannot be reached or does not let us in."""
    vendor = _vendor(name)
    await vendor.verify(vendor.client(core, given, base))


async def overview(
    core: Core, name: str, given: Credentials, choice: Choice | None = None, *, base: str | None = None
) -> Overview:
    """Lists, tags and fields over there. Raises as `verify`."""
    vendor = _vendor(name)
    return await vendor.overview(vendor.client(core, given, base), choice or Choice())


async def first_page(
    core: Core, name: str, given: Credentials, choice: Choice, *, base: str | None = None
) -> RemotePage:
    """The first people and how many there are, without bringing anybody in."""
    vendor = _vendor(name)
    return await vendor.page(vendor.client(core, given, base), choice, "")


async def move_page(
    core: Core, name: str, given: Credentials, plan: Plan, cursor: str = "", *, base: str | None = None
) -> Moved:
    """Brings one page in, silently: no automation starts, nobody is mailed, no status rises.

    Repeating a page changes nothing more. Raises as `verify`.
    """
    vendor = _vendor(name)
    page: RemotePage = await vendor.page(vendor.client(core, given, base), plan.choice, cursor)
    drafts = _drafts(page.people, plan, await custom_fields(core), source=name.lower())
    policy = WritePolicy(plan.on_existing, is_silent=True, reason=f"moved from {vendor.title}")
    written = await write_contacts(core, drafts, policy)
    outcomes = [one.outcome for one in written]
    created = outcomes.count("created")
    updated = outcomes.count("updated") + outcomes.count("unchanged")
    return Moved(created, updated, len(page.people) - created - updated, page.next, page.total)


def _drafts(
    people: Sequence[RemotePerson], plan: Plan, fields: Mapping[str, CustomField], *, source: str
) -> list[Draft]:
    drafts: dict[str, Draft] = {}
    for person in people:
        given: dict[str, Any] = {"source": source, **person.values, "email": person.email}
        custom: dict[str, Any] = {}
        for key, target in plan.fields.items():
            value = person.fields.get(key)
            if value in (None, ""):
                continue
            if target.startswith("custom."):
                custom[target[7:]] = value
            elif target != "email":
                given[target] = value
        try:
            draft = draft_from_outside(given | {"custom_values": custom}, fields)
        except Invalid:
            continue
        tags = [plan.tags[one] for one in dict.fromkeys(person.tags) if one in plan.tags]
        lists = [plan.lists[one] for one in dict.fromkeys(person.lists) if one in plan.lists]
        drafts[person.email.strip().lower()] = replace(
            draft, status=person.status, tags=[*plan.tag_ids, *tags], lists=[*plan.list_ids, *lists]
        )
    return list(drafts.values())
