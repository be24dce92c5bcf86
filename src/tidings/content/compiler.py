"""Compile once, join per person: the constant segments and slots of a mail.

`compile_mail` makes the parts (HTML, text, subject) with tokens; `Compiled.encode` makes bytes of them once the links
have their tracked addresses; `Encoded.join` writes one person's mail. `render_html` and friends show the same parts in
previews and in the web view: what is previewed is what is sent.
"""

from __future__ import annotations

import html as html_escape
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote

from tidings.content import html, mime
from tidings.content.codes import Code
from tidings.content.parse import Slots, tokenise
from tidings.content.types import MailLinks, Person, Site, Source

Context = Literal["text", "html", "attribute", "url", "url_start", "header"]
_UNSUBSCRIBE = ("crm.unsubscribe_url", "crm.manage_subscription_url", "crm.unsubscribe_html", "unsubscribe_link")
_UNSUBSCRIBE += ("crm.manage_subscription_html", "crm_global_email_footer")
_OPENING = re.compile(r"([a-zA-Z\-]+)=\"([^\"]*)$")
DEFAULT_FOOTER = (
    "{{crm.business_name}}<br>{{crm.business_address}}<br>"
    '<a href="##crm.unsubscribe_url##">Unsubscribe</a> · '
    '<a href="##crm.manage_subscription_url##">Manage preferences</a>'
)
_NO_LINKS = MailLinks()


@dataclass(frozen=True, slots=True)
class Slot:
    """A value of the person in a place of a given kind."""

    code: Code
    context: Context


@dataclass(frozen=True, slots=True)
class Click:
    """The place of a tracked link's address."""

    number: int
    context: Context


@dataclass(frozen=True, slots=True)
class Pixel:
    """The place of the open pixel."""


@dataclass(frozen=True, slots=True)
class Section:
    """Parts that are there only for some."""

    holds: Callable[[Person], bool]
    parts: Sequence[Part]


Part = str | Slot | Click | Pixel | Section


def escaped(value: str, context: Context, *, is_html: bool = False) -> str:
    """A value made safe for where it stands."""
    match context:
        case "html":
            return value if is_html else html_escape.escape(value, quote=False)
        case "attribute":
            return html_escape.escape(value)
        case "url":
            return quote(value, safe="")
        case "url_start":
            head = value.strip().lower()
            is_safe = head.startswith(("http://", "https://", "mailto:", "tel:", "#")) or ":" not in head.split("/")[0]
            return html_escape.escape(value.strip() if is_safe else "#")
        case _:
            return _plain(value) if is_html else value


def _plain(value: str) -> str:
    link = re.fullmatch(r'<a href="([^"]*)">(.*)</a>', value)
    if link:
        return f"{html_escape.unescape(link.group(2))} ({html_escape.unescape(link.group(1))})"
    return html_escape.unescape(re.sub(r"<[^>]*>", "", value.replace("<br>", "\n")))


@dataclass(frozen=True, slots=True)
class Compiled:
    """A mail with its slots, ready to be encoded or shown. `needs`: 'tags', 'lists' must be read for it."""

    html: Sequence[Part]
    text: Sequence[Part]
    subject: Sequence[Part]
    links: tuple[str, ...]
    needs: frozenset[str]
    size: int

    def encode(self, prefixes: Sequence[str] | None, *, has_pixel: bool) -> Encoded:
        """Bytes and slots. `prefixes[n]` + the message's click tail is the address of link n; None: plain links."""
        boundary = f"td-{secrets.token_hex(12)}"
        pieces = _Pieces(self.links, prefixes, has_pixel)
        pieces.constant(
            f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
            f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )
        pieces.body(self.text)
        pieces.constant(
            f"\r\n--{boundary}\r\nContent-Type: text/html; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )
        pieces.body(self.html)
        pieces.constant(f"\r\n--{boundary}--\r\n")
        return Encoded(pieces.finish(), self.subject, self.needs)

    def with_subject(self, subject: Sequence[Part]) -> Compiled:
        """The same mail under another subject."""
        return replace(self, subject=subject)


_Writer = Callable[[Person, MailLinks], bytes]


class _Pieces:
    """Collects constants (merged) and writers."""

    def __init__(self, links: Sequence[str], prefixes: Sequence[str] | None, has_pixel: bool) -> None:
        self._links = links
        self._prefixes = prefixes
        self._has_pixel = has_pixel
        self._items: list[bytes | _Writer] = []

    def constant(self, text: str) -> None:
        self._add(text.encode())

    def _add(self, data: bytes) -> None:
        if self._items and isinstance(last := self._items[-1], bytes):
            self._items[-1] = last + data
        else:
            self._items.append(data)

    def _slot(self, writer: _Writer) -> None:
        self._add(mime.SOFT_BREAK)
        self._items.append(writer)
        self._add(mime.SOFT_BREAK)

    def body(self, parts: Sequence[Part]) -> None:
        for part in parts:
            match part:
                case str():
                    self._add(mime.quoted(part))
                case Slot(code, context):
                    self._slot(_slot_writer(code, context))
                case Click(number, context):
                    self._click(number, context)
                case Pixel():
                    if self._has_pixel:
                        self._slot(_write_pixel)
                case Section(holds, inner):
                    self._slot(self._section_writer(holds, inner))

    def _click(self, number: int, context: Context) -> None:
        if self._prefixes is None:
            self._add(mime.quoted(escaped(self._links[number], context)))
            return
        self._add(mime.quoted(escaped(self._prefixes[number], context)))
        self._slot(_tail_attribute if context == "attribute" else _tail_text)

    def _section_writer(self, holds: Callable[[Person], bool], inner: Sequence[Part]) -> _Writer:
        pieces = _Pieces(self._links, self._prefixes, self._has_pixel)
        pieces.body(inner)
        items = pieces.finish()

        def write(person: Person, links: MailLinks) -> bytes:
            if not holds(person):
                return b""
            return b"".join([one if isinstance(one, bytes) else one(person, links) for one in items])

        return write

    def finish(self) -> list[bytes | _Writer]:
        return self._items


def _slot_writer(code: Code, context: Context) -> _Writer:
    value, is_html = code.value, code.is_html

    def write(person: Person, links: MailLinks) -> bytes:
        return mime.quoted_value(escaped(value(person, links), context, is_html=is_html))

    return write


def _tail_text(_person: Person, links: MailLinks) -> bytes:
    return links.click_tail.replace("=", "=3D").encode()


def _tail_attribute(_person: Person, links: MailLinks) -> bytes:
    return links.click_tail.replace("&", "&amp;").replace("=", "=3D").encode()


def _write_pixel(_person: Person, links: MailLinks) -> bytes:
    if not links.open_url:
        return b""
    address = html_escape.escape(links.open_url)
    return mime.quoted(f'<img src="{address}" width="1" height="1" alt="" style="display:block;border:0">')


@dataclass(frozen=True, slots=True)
class Encoded:
    """A mail as constant segments and writers."""

    items: list[bytes | _Writer]
    subject: Sequence[Part]
    needs: frozenset[str]

    def join(self, person: Person, links: MailLinks, head: bytes) -> bytes:
        """One person's mail: `head` are the header lines (each ended by CRLF) in front of the MIME ones."""
        return head + b"".join([one if isinstance(one, bytes) else one(person, links) for one in self.items])


def render(
    parts: Sequence[Part], person: Person | None, links: MailLinks = _NO_LINKS, *, urls: Sequence[str] = ()
) -> str:
    """The parts as text, with plain links and no pixel. Without a person codes stay as they were written."""
    out: list[str] = []
    for part in parts:
        match part:
            case str():
                out.append(part)
            case Slot(code, context):
                is_literal = person is None
                out.append(
                    code.source if is_literal else escaped(code.value(person, links), context, is_html=code.is_html)  # pyright: ignore[reportArgumentType]
                )
            case Click(number, context):
                out.append(escaped(urls[number], context))
            case Pixel():
                pass
            case Section(holds, inner):
                if person is None or holds(person):
                    out.append(render(inner, person, links, urls=urls))
    return "".join(out)


def render_html(mail: Compiled, person: Person | None, links: MailLinks = _NO_LINKS) -> str:
    """The HTML of previews and of the web view."""
    return render(mail.html, person, links, urls=mail.links)


def render_text(mail: Compiled, person: Person | None, links: MailLinks = _NO_LINKS) -> str:
    """The text part as a reader sees it."""
    return render(mail.text, person, links, urls=mail.links)


def render_subject(mail: Compiled, person: Person | None, links: MailLinks = _NO_LINKS) -> str:
    """The subject on one line."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", render(mail.subject, person, links)).strip()


def compile_mail(source: Source, site: Site) -> Compiled:
    """Compiles; raises ContentTooLarge."""
    slots = Slots()
    footer = _footer(source, slots, site)
    preheader = tokenise(source.preheader, slots, site, source.language)
    body = tokenise(source.body, slots, site, source.language, footer=footer, preheader=preheader)
    is_inline_footer = "crm_global_email_footer" in source.body or source.design == "raw_html"
    page = html.dress(
        body, design=source.design, look=source.look, footer="" if is_inline_footer else footer, preheader=preheader
    )
    token = slots.pattern
    clicks: list[str] = []

    def marked(number: int, _url: str) -> str:
        clicks.append("")
        return f"{slots.key}c{number}x"

    page, urls = html.number_links(page, lambda url: token.search(url) is not None, marked)
    page = page.replace("</body>", f"{slots.key}px</body>", 1) if "</body>" in page else page + f"{slots.key}px"
    text = html.text_of(page, lambda comment: comment.startswith(slots.key))
    subject = tokenise(source.subject, slots, site, source.language)
    return Compiled(
        html=_parts(page, slots, "html"),
        text=_parts(text.replace(f"{slots.key}px", ""), slots, "text"),
        subject=_parts(subject, slots, "header"),
        links=tuple(urls),
        needs=frozenset(slots.needs & {"tags", "lists"}),
        size=len(page),
    )


def compile_text(text: str, site: Site, language: str = "smartcodes", context: Context = "text") -> Sequence[Part]:
    """A short text (subject under test, note, address) as parts for `render`."""
    slots = Slots()
    return _parts(tokenise(text, slots, site, language), slots, context)  # pyright: ignore[reportArgumentType]


def _footer(source: Source, slots: Slots, site: Site) -> str:
    if source.footer == "none" or source.is_transactional:
        return ""
    text = (site.footer or DEFAULT_FOOTER) if source.footer == "global" else source.footer
    return tokenise(text, slots, site, "smartcodes")


def _parts(text: str, slots: Slots, context: Context) -> list[Part]:
    """Splits at tokens; in HTML each token learns whether it stands in text, an attribute or an address."""
    pattern = re.compile(
        rf"{slots.key}n(\d+)x|<!--{slots.key}if(\d+)x-->|<!--{slots.key}(end)x-->|{slots.key}c(\d+)x|{slots.key}(p)x"
    )
    stack: list[tuple[Callable[[Person], bool] | None, list[Part]]] = [(None, [])]
    at = 0
    for match in pattern.finditer(text):
        parts = stack[-1][1]
        if match.start() > at:
            parts.append(text[at : match.start()])
        at = match.end()
        number, begins, ends, click, pixel = match.groups()
        if number is not None:
            parts.append(Slot(slots.codes[int(number)], _context_at(text, match.start(), slots, int(number), context)))
        elif click is not None:
            parts.append(Click(int(click), "attribute" if context == "html" else "text"))
        elif pixel:
            parts.append(Pixel())
        elif begins is not None:
            stack.append((slots.conditions[int(begins)], []))
        elif ends and len(stack) > 1:
            holds, inner = stack.pop()
            assert holds is not None
            stack[-1][1].append(Section(holds, inner))
    stack[-1][1].append(text[at:])
    while len(stack) > 1:
        holds, inner = stack.pop()
        assert holds is not None
        stack[-1][1].append(Section(holds, inner))
    return stack[0][1]


def _context_at(text: str, at: int, slots: Slots, number: int, context: Context) -> Context:
    if context != "html":
        return context
    opened = text.rfind("<", 0, at)
    tag = html.TAG.match(text, opened) if opened >= 0 else None
    if tag is None or tag.end() <= at:
        return "html"
    attribute = _OPENING.search(text[opened:at])
    if attribute is None:
        return "attribute"
    name, before = attribute.group(1).lower(), attribute.group(2)
    if name not in ("href", "src", "background", "action"):
        return "attribute"
    if slots.codes[number].is_url or not before.strip():
        return "url_start"
    return "url"


def has_unsubscribe(source: Source, site: Site) -> bool:
    """Whether a marketing mail carries the way out it must carry (fluentcrm.md §4.5)."""
    texts: list[str] = [source.body]
    if source.footer != "none" and source.design != "raw_html":
        texts.append((site.footer or DEFAULT_FOOTER) if source.footer == "global" else source.footer)
    return any(word in text for text in texts for word in _UNSUBSCRIBE)


def site_of(values: Mapping[str, object], **more: object) -> Site:
    """The Site of the installation's settings."""
    return Site(
        business_name=str(values.get("business_name") or ""),
        business_address=str(values.get("business_address") or ""),
        name=str(values.get("site_name") or ""),
        description=str(values.get("site_description") or ""),
        url=str(values.get("public_url") or ""),
        admin_email=str(values.get("admin_email") or ""),
        date_format=str(values.get("date_format") or "F j, Y"),
        footer=str(values.get("email_footer") or ""),
        **more,  # pyright: ignore[reportArgumentType]
    )
