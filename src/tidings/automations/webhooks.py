"""The requests that a webhook step makes: what is sent, and the job that sends it (fluentcrm.md §6.3, outgoing webhook)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import msgspec

from tidings.content import MailLinks, Person, Site, render_text_template
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Problem
from tidings.platform.http import Fetched, fetch

TIMEOUT = 20.0
MAX_ANSWER = 256 * 1024
# Headers that belong to the connection and not to whoever writes the step.
_OWN = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request ready to go."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None


def outgoing(params: Mapping[str, Any], record: Mapping[str, Any], person: Person | None, site: Site) -> Outgoing:
    """The request of a step for one contact. `record` is the contact as a whole, sent when no values of its own are named.

    GET puts the values into the address. Raises Invalid('url').
    """
    url = str(params.get("url") or "").strip()
    if urlsplit(url).scheme not in ("http", "https"):
        raise Invalid({"url": Problem("url", "The address must begin with http:// or https://.")})

    def told(rows: object, escape: Any = "text") -> list[tuple[str, str]]:
        links = MailLinks()
        return [
            (str(key).strip(), render_text_template(str(value), "smartcodes", person, site, links, escape=escape))
            for key, value in pairs_of(rows)
            if str(key).strip()
        ]

    method = "GET" if str(params.get("method") or "POST").upper() == "GET" else "POST"
    values: Any = dict(told(params.get("values"))) if params.get("sends") == "values" else dict(record)
    headers = {name: value for name, value in told(params.get("headers"), "header") if name.lower() not in _OWN}
    headers = {name: value for name, value in headers.items() if name.isascii() and name.replace("-", "").isalnum()}
    if method == "GET":
        parts = urlsplit(url)
        query = "&".join(one for one in (parts.query, urlencode(_flat(values))) if one)
        return Outgoing(method, urlunsplit(parts._replace(query=query)), headers, None)
    if params.get("format") == "form":
        kind, content = "application/x-www-form-urlencoded", urlencode(_flat(values)).encode()
    else:
        kind, content = "application/json", msgspec.json.encode(values)
    return Outgoing(method, url, {"content-type": kind} | headers, content)


def pairs_of(rows: object) -> list[tuple[object, object]]:
    """(key, value) of stored rows; what is no row is left out."""
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        return []
    return [
        (row[0], row[1]) for row in rows if isinstance(row, Sequence) and not isinstance(row, str) and len(row) == 2
    ]


def _flat(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, value if isinstance(value, str) else msgspec.json.encode(value).decode())
        for name, value in values.items()
        if value is not None
    ]


async def send(core: Core, request: Outgoing) -> Fetched:
    """Makes the request through the one HTTP client; raises what that raises."""
    return await fetch(
        core,
        request.method,
        request.url,
        headers=request.headers,
        content=request.content,
        timeout=TIMEOUT,
        max_bytes=MAX_ANSWER,
    )


def record_of(person: Person) -> dict[str, Any]:
    """A contact as other systems are told of it."""
    names = ("id", "email", "prefix", "first_name", "last_name", "phone", "address_line_1", "address_line_2", "city")
    names += ("state", "postal_code", "country", "status", "source", "contact_type", "timezone")
    said = {name: getattr(person, name) for name in names}
    born = person.date_of_birth
    return said | {
        "full_name": f"{person.first_name} {person.last_name}".strip(),
        "date_of_birth": None if born is None else str(born),
        "custom_fields": dict(person.custom or {}),
        "tags": [{"id": one, "title": title, "slug": slug} for one, title, slug in person.tags],
        "lists": [{"id": one, "title": title, "slug": slug} for one, title, slug in person.lists],
    }
