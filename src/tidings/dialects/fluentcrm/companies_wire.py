"""The wire form of companies and of the companies of contacts (spec §2.2). The module switched off: nothing is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidings.contacts.companies.queries import companies_of
from tidings.contacts.companies.types import WRITABLE_COLUMNS, Company, CompanyNote, CompanyView, JoinedCompany
from tidings.contacts.types import Contact
from tidings.dialects._engine.calls import Call, as_structure
from tidings.dialects.fluentcrm import people
from tidings.dialects.fluentcrm.wire import Wire, number_text
from tidings.platform.modules import is_on

MODULE = "companies"
NOTE_STATUS = "_company_note_"
# Where a client may write a word of ours in another way.
_ALIASES = {"owner_user_id": "owner_id"}
Joined = Mapping[int, Sequence[JoinedCompany]]


def company_body(company: Company, wire: Wire) -> dict[str, Any]:
    """The columns of a company as stored."""
    c = company
    return {
        "id": c.id,
        # A name for the record that stays when everything else of it changes.
        "hash": people.md5_of(f"company {c.id} {c.created_at.isoformat()}"),
        "owner_id": number_text(c.owner_id),
        "name": c.name,
        "industry": c.industry,
        "email": c.email,
        "timezone": c.timezone,
        "address_line_1": c.address_line_1,
        "address_line_2": c.address_line_2,
        "postal_code": c.postal_code,
        "city": c.city,
        "state": c.state,
        "country": c.country,
        "employees_number": str(c.employees_number),
        "description": c.description,
        "phone": c.phone,
        "type": c.type or "",
        "logo": c.logo,
        "website": c.website,
        "linkedin_url": c.linkedin_url,
        "facebook_url": c.facebook_url,
        "twitter_url": c.twitter_url,
        "date_of_start": c.date_of_start.isoformat() if c.date_of_start else None,
        "meta": {"custom_values": c.custom or []},
        "created_at": wire.stamp(c.created_at),
        "updated_at": wire.stamp(c.updated_at),
    }


def created_body(company: Company, given: Mapping[str, Any], wire: Wire) -> dict[str, Any]:
    """A company just made: what was given and what it got by itself."""
    whole = company_body(company, wire) | {"owner_id": company.owner_id, "employees_number": company.employees_number}
    own = ("meta", "hash", "updated_at", "created_at", "id")
    return {name: whole[name] for name in (*(n for n in given if n in whole), *own)}


def view_body(view: CompanyView, owner: Contact | None, wire: Wire) -> dict[str, Any]:
    """A company with its count and its owner."""
    shown = people.contact_body(owner, wire) if owner else None
    return company_body(view.company, wire) | {"contacts_count": view.contacts_count, "owner": shown}


def values_from(params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The core's columns and custom values of a body."""
    given = {_ALIASES.get(name, name): value for name, value in params.items()}
    values = {
        name: given[name] for name in given if name in WRITABLE_COLUMNS and not isinstance(given[name], dict | list)
    }
    meta = as_structure(given.get("meta"))
    custom = as_structure(given.get("custom_values"))
    if custom is None and isinstance(meta, dict):
        custom = meta.get("custom_values")
    return values, custom if isinstance(custom, dict) else {}


async def joined_of(call: Call, contacts: Sequence[Contact]) -> Joined | None:
    """The companies of contacts by their ids; None while companies are switched off. Who has none costs no statement."""
    if not await is_on(call.core, MODULE):
        return None
    ids = [contact.id for contact in contacts if contact.company_id is not None]
    return await companies_of(call.core, ids) if ids else {}


def relations(contact: Contact, joined: Joined | None, wire: Wire) -> dict[str, Any]:
    """`company` (the primary one) and `companies` of a contact; nothing while companies are switched off."""
    if joined is None:
        return {}
    rows = joined.get(contact.id, ())
    primary = next((one.company for one in rows if one.company.id == contact.company_id), None)
    return {
        "company": company_body(primary, wire) if primary else None,
        "companies": [_joined_body(contact.id, one, wire) for one in rows],
    }


def _joined_body(contact_id: int, one: JoinedCompany, wire: Wire) -> dict[str, Any]:
    joined = wire.iso(one.joined_at)
    pivot = {
        "subscriber_id": str(contact_id),
        "object_id": str(one.company.id),
        "object_type": "FluentCrm\\App\\Models\\Company",
        "created_at": joined,
        "updated_at": joined,
    }
    return company_body(one.company, wire) | {"pivot": pivot}


def note_body(note: CompanyNote, wire: Wire) -> dict[str, Any]:
    """A note about a company as stored."""
    return {
        "id": note.id,
        "subscriber_id": str(note.company_id),
        "parent_id": note.parent_id,
        "created_by": number_text(note.author_id),
        "status": NOTE_STATUS,
        "type": note.kind,
        "is_private": "1" if note.is_private else "0",
        "title": note.title,
        "description": note.description,
        "created_at": wire.stamp(note.created_at),
        "updated_at": wire.stamp(note.updated_at),
    }
