"""Steps that change contacts: tags, lists, companies, fields, notes, events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.automations.changes import changed_value
from tidings.automations.steps.doing import Doing
from tidings.automations.types import Outcome
from tidings.contacts.actions.memberships import change_memberships
from tidings.contacts.actions.notes import add_notes
from tidings.contacts.actions.people import locked_contacts, write_checked
from tidings.contacts.companies.members import change_companies
from tidings.contacts.events import record_events
from tidings.contacts.rules import checked_values, custom_values
from tidings.contacts.types import STATUSES, Contact, Draft, WritePolicy
from tidings.content import Person


def _pairs(doing: Doing) -> list[tuple[int, int]]:
    return [(contact, one) for contact in doing.contact_ids for one in doing.ids]


async def add_tags(doing: Doing) -> Mapping[int, Outcome]:
    """Gives the contacts the tags."""
    await change_memberships(doing.tx, at=doing.now, add_tags=_pairs(doing))
    return doing.all()


async def remove_tags(doing: Doing) -> Mapping[int, Outcome]:
    """Takes the tags from the contacts."""
    await change_memberships(doing.tx, at=doing.now, remove_tags=_pairs(doing))
    return doing.all()


async def add_lists(doing: Doing) -> Mapping[int, Outcome]:
    """Puts the contacts on the lists."""
    await change_memberships(doing.tx, at=doing.now, add_lists=_pairs(doing))
    return doing.all()


async def remove_lists(doing: Doing) -> Mapping[int, Outcome]:
    """Takes the contacts off the lists."""
    await change_memberships(doing.tx, at=doing.now, remove_lists=_pairs(doing))
    return doing.all()


async def join_company(doing: Doing) -> Mapping[int, Outcome]:
    """Puts the contacts into the companies."""
    await change_companies(doing.tx, at=doing.now, add=_pairs(doing))
    return doing.all()


async def leave_company(doing: Doing) -> Mapping[int, Outcome]:
    """Takes the contacts out of the companies."""
    await change_companies(doing.tx, at=doing.now, remove=_pairs(doing))
    return doing.all()


async def add_note(doing: Doing) -> Mapping[int, Outcome]:
    """A note on each contact, codes resolved for it."""
    texts = await doing.texts(doing.params.get("title"), doing.params.get("text"))
    notes = [(contact, title[:500], text) for contact, (title, text) in texts.items()]
    await add_notes(doing.tx, notes, kind=str(doing.params.get("type") or "note"), at=doing.now)
    return doing.all()


async def record_event(doing: Doing) -> Mapping[int, Outcome]:
    """Reports an event about each contact, as another system would."""
    said = doing.params
    key = str(said.get("key") or "").strip()
    if not key:
        return doing.all(Outcome("failed", "The event has no key."))
    texts = await doing.texts(said.get("title") or key, said.get("value"))
    events = [(contact, title, value) for contact, (title, value) in texts.items()]
    await record_events(doing.tx, events, event_key=key, is_repeatable=not said.get("is_unique"), at=doing.now)
    return doing.all()


async def change_contact(doing: Doing) -> Mapping[int, Outcome]:
    """Changes fields of the contacts, custom ones and the status among them; all of a contact's changes or none.

    A status never rises by this: who left comes back by an act of its own only.
    """
    changes = [one for one in doing.params.get("changes") or () if isinstance(one, dict) and one.get("field")]
    contacts = await locked_contacts(doing.tx, doing.contact_ids)
    has_codes = any(
        isinstance(one.get("value"), str) and ("{{" in one["value"] or "##" in one["value"]) for one in changes
    )
    persons = await doing.persons() if has_codes else {}
    drafts = [_draft(doing, changes, contacts[one], persons.get(one)) for one in doing.contact_ids if one in contacts]
    policy = WritePolicy(on_missing="refuse", reason=f"automation {doing.automation.id}")
    await write_checked(doing.core, doing.tx, drafts, policy)
    return doing.all()


def _draft(doing: Doing, changes: list[dict[str, Any]], contact: Contact, person: Person | None) -> Draft:
    values: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    status: Any = None
    local = doing.now.astimezone(doing.around.zone)
    for change in changes:
        name, given = str(change["field"]), change.get("value")
        given = doing.text(given, person) if isinstance(given, str) and person is not None else given
        operation = str(change.get("operation") or "replace")
        if name == "status":
            status = given if given in STATUSES else None
        elif name in doing.around.fields:
            kind = doing.around.fields[name].kind
            custom[name] = changed_value(contact.custom.get(name), operation, given, now=local, kind=kind)
        else:
            values[name] = changed_value(getattr(contact, name, None), operation, given, now=local)
    return Draft(checked_values(values), custom_values(doing.around.fields, custom), status, id=contact.id)
