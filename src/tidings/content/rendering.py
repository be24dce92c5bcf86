"""Previews and the web view, from the same compiled form that is sent; small texts (notes, addresses of redirects).

Without a person, codes stay as they were written and conditions answer for nobody (fluentcrm.md §4.1, §4.4).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from tidings.content.escaping import code_slot
from tidings.content.language import pieces
from tidings.content.tree import Code, Item, Link, Pixel, Place, grow, write
from tidings.content.types import (
    MAX_SOURCE_BYTES,
    Compiled,
    ContentTooLarge,
    Language,
    MailLinks,
    Person,
    Scope,
    Site,
)

_PLACES: dict[str, Place] = {"html": "text", "text": "plain", "url": "url_start", "header": "header"}


def _scope(compiled: Compiled, person: Person | None, links: MailLinks, at: datetime | None) -> Scope:
    return Scope(person, compiled.site, links, at or datetime.now(UTC))


def render_html(compiled: Compiled, person: Person | None, links: MailLinks, *, at: datetime | None = None) -> str:
    """The HTML document. For the web view give `links.untracked()`. `at` is the instant of dates, default now."""
    return write(compiled.html, _scope(compiled, person, links, at))


def render_text(compiled: Compiled, person: Person | None, links: MailLinks, *, at: datetime | None = None) -> str:
    """The plain-text part, LF line ends."""
    return write(compiled.text, _scope(compiled, person, links, at))


def render_subject(compiled: Compiled, person: Person | None, links: MailLinks, *, at: datetime | None = None) -> str:
    """The subject, unencoded, without control characters."""
    return write(compiled.subject, _scope(compiled, person, links, at)).strip()


def render_preheader(compiled: Compiled, person: Person | None, links: MailLinks, *, at: datetime | None = None) -> str:
    """The pre-header as plain text."""
    return write(compiled.preheader, _scope(compiled, person, links, at)).strip()


def render_text_template(
    text: str,
    language: Language,
    person: Person | None,
    site: Site,
    links: MailLinks,
    *,
    escape: Literal["html", "text", "url", "header"] = "text",
    at: datetime | None = None,
) -> str:
    """Resolves the codes of a small text for one person. `escape` says what the text is; codes are escaped for it.

    html: the text is trusted HTML, values are escaped. url: values are percent-encoded; one that begins the text must
    have a harmless scheme. Raises ContentTooLarge.
    """
    if len(text) * 4 > MAX_SOURCE_BYTES and len(text.encode("utf-8", "replace")) > MAX_SOURCE_BYTES:
        raise ContentTooLarge(len(text))
    is_html = escape == "html"
    place = _PLACES[escape]
    items: list[Item] = []
    for piece in pieces(text, language, site, is_html=is_html):
        if isinstance(piece, Code):
            here: Place = "url" if place == "url_start" and "".join(i for i in items if isinstance(i, str)) else place
            items.append(code_slot(piece, here, is_source_html=is_html or escape == "url"))
        elif not isinstance(piece, Link | Pixel):
            items.append(piece)
    result = write(grow(items), Scope(person, site, links, at or datetime.now(UTC)))
    return result.strip() if escape in ("url", "header") else result
