"""The wire form of a contact and what it is read from (spec §2.1)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from tidings.contacts.types import Contact, ContactView, Membership, Term
from tidings.dialects._engine.calls import encode
from tidings.dialects.fluentcrm.wire import Wire, number_text, stamp_in

# wire name: core name, where they differ; None: never written by a client
RENAMED = {
    "contact_owner": "owner_id",
    "total_points": "points",
    "life_time_value": "lifetime_value",
}
# What every numeric column of a contact holds.
LARGEST = 2_000_000_000
WRITABLE = [
    "prefix",
    "first_name",
    "last_name",
    "email",
    "timezone",
    "address_line_1",
    "address_line_2",
    "postal_code",
    "city",
    "state",
    "country",
    "ip",
    "latitude",
    "longitude",
    "phone",
    "contact_type",
    "source",
    "avatar",
    "date_of_birth",
    "total_points",
    "life_time_value",
    "contact_owner",
]


def md5_of(text: str) -> str:
    """MD5 as the dialect's `hash`; a name for the record, never a proof."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def photo_of(email: str, name: str, avatar: str | None, wire: Wire, *, digest: str = "") -> str:
    """The avatar, else a Gravatar with an initials picture to fall back on, as the compliance settings want it.

    Without Gravatar no other host is asked: the picture is in the address itself. `digest`: the MD5 of the small
    letters of the address, where it is known.
    """
    if avatar:
        return avatar
    if not wire.complies("enable_gravatar"):
        return _own_picture(name or email)
    url = f"https://www.gravatar.com/avatar/{digest or md5_of(email.strip().lower())}?s=128"
    if name and wire.complies("gravatar_fallback"):
        url += f"&d={_INITIALS}{'%2B'.join(map(_quoted_twice, name.split(' ', 1)))}%2F128"
    return url


def _own_picture(name: str) -> str:
    letters = escape("".join(word[0] for word in name.split()[:2]).upper())
    text = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128"><rect width="128" height="128" fill="#6b7686"/>'
        f'<text x="64" y="82" font-family="sans-serif" font-size="52" fill="#fff" text-anchor="middle">{letters}</text>'
        "</svg>"
    )
    return f"data:image/svg+xml,{quote(text)}"


_INITIALS = quote("https://ui-avatars.com/api/", safe="")


def _quoted_twice(word: str) -> str:
    """A word of an address that is itself a parameter of an address."""
    return word if word.isascii() and word.isalnum() else quote(quote(word), safe="")


def contact_body(contact: Contact, wire: Wire) -> dict[str, Any]:
    """The columns of a contact, without its relations."""
    c = contact
    email, name = c.email or "", c.full_name
    hash_ = md5_of(email)
    return {
        "id": c.id,
        "user_id": number_text(c.user_id),
        "hash": hash_,
        "contact_owner": number_text(c.owner_id),
        "company_id": number_text(c.company_id),
        "prefix": c.prefix,
        "first_name": c.first_name,
        "last_name": c.last_name,
        "email": c.email,
        "timezone": c.timezone,
        "address_line_1": c.address_line_1,
        "address_line_2": c.address_line_2,
        "postal_code": c.postal_code,
        "city": c.city,
        "state": c.state,
        "country": c.country,
        "ip": c.ip,
        "latitude": None if c.latitude is None else f"{c.latitude:.8f}",
        "longitude": None if c.longitude is None else f"{c.longitude:.8f}",
        "total_points": str(c.points),
        "life_time_value": str(int(c.lifetime_value.to_integral_value())) if c.lifetime_value else "0",
        "phone": c.phone,
        "status": c.status,
        "contact_type": c.contact_type,
        "sms_status": c.sms_status,
        "source": c.source,
        "avatar": c.avatar,
        "date_of_birth": c.date_of_birth.isoformat() if c.date_of_birth else None,
        "created_at": wire.stamp(c.created_at),
        "last_activity": wire.stamp(c.active_at),
        "updated_at": wire.stamp(c.updated_at),
        "full_name": name,
        "photo": photo_of(email, name, c.avatar, wire, digest=hash_ if email == email.strip().lower() else ""),
    }


def terms_body(rows: Sequence[Membership], contact_id: int, wire: Wire, *, kind: str) -> msgspec.Raw:
    """Tags or lists of a contact, each with its pivot, as JSON: a page of contacts has hundreds of them."""
    known = wire.terms.setdefault(kind, {})
    parts: list[bytes] = []
    owner = b"%d" % contact_id
    joined_at, joined = None, b""
    for row in rows:
        # Most memberships of a person begin at one moment, so its text is made once.
        if row.joined_at != joined_at:
            joined_at, joined = row.joined_at, (wire.iso(row.joined_at) or "").encode()
        term = row.term
        head = known.get(term.id)
        if head is None:
            head = known[term.id] = _term_text(term, kind, wire.zone)
        parts.append(b'%b%b","created_at":"%b","updated_at":"%b"}}' % (head, owner, joined, joined))
    return msgspec.Raw(b"[%b]" % b",".join(parts))


@lru_cache(maxsize=4096)
def _term_text(term: Term, kind: str, zone: ZoneInfo) -> bytes:
    """The tag or list itself up to the id of the contact in its pivot; the same few stand in every page, so each is
    worded once for as long as it stays as it is."""
    body: dict[str, Any] = {"id": term.id, "title": term.title, "slug": term.slug, "description": term.description}
    if kind == "Lists":
        body["is_public"] = "1" if term.is_public else "0"
    body["created_at"] = stamp_in(zone, term.created_at)
    body["updated_at"] = stamp_in(zone, term.updated_at)
    pivot = {"object_id": str(term.id), "object_type": f"FluentCrm\\App\\Models\\{kind}", "subscriber_id": ""}
    # Without the end of the pivot: the quotation mark and two braces.
    return encode(body | {"pivot": pivot})[:-3]


def view_body(view: ContactView, wire: Wire) -> dict[str, Any]:
    """A contact with tags and lists; its companies are `companies_wire.relations`'."""
    body = contact_body(view.contact, wire)
    body["tags"] = terms_body(view.tags, view.contact.id, wire, kind="Tag")
    body["lists"] = terms_body(view.lists, view.contact.id, wire, kind="Lists")
    return body


def values_from(params: Mapping[str, Any]) -> dict[str, Any]:
    """The core's columns of a body; `full_name` is split at the first space; empty text clears."""
    values: dict[str, Any] = {}
    full_name = str(params.get("full_name") or "").strip()
    if full_name and not params.get("first_name") and not params.get("last_name"):
        first, _, last = full_name.partition(" ")
        values |= {"first_name": first, "last_name": last.strip() or None}
    for name in WRITABLE:
        if name in params and not isinstance(params[name], dict | list):
            value = params[name]
            values[RENAMED.get(name, name)] = None if value in ("", None) else _typed(name, value)
    for name in ("points", "lifetime_value"):
        if values.get(name) is None:
            values.pop(name, None)
    if values.get("contact_type") is None:
        values.pop("contact_type", None)
    return values


def _typed(name: str, value: Any) -> Any:
    if name in ("latitude", "longitude", "life_time_value", "total_points", "contact_owner"):
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            return None
        if not math.isfinite(number) or abs(number) > LARGEST:
            return None
        if name == "life_time_value":
            return int(number + 0.5)
        return number if name in ("latitude", "longitude") else int(number)
    return str(value)
