"""Escaping by place: HTML text, attribute, URL, header, plain text. Nothing from a contact leaves here unescaped.

Not here: MIME encoding (`mime`).
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

from tidings.content.tree import Code, Pixel, Place, Read, Slot
from tidings.content.types import Scope

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ANY_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_SPECIAL = re.compile("[&<>\"'\x00-\x08\x0b-\x1f\x7f]").search
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
_SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms"})
_RAW = re.compile(r"[^\w #.,%/@-]")


def html_text(value: str) -> str:
    """For HTML text and quoted attributes: markup escaped, control characters dropped, line ends as LF."""
    if _SPECIAL(value) is None:
        return value
    return escape(_CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n")))


def html_lines(value: str) -> str:
    """Like `html_text`, with line breaks kept as `<br />`."""
    return html_text(value).replace("\n", "<br />\n")


def plain(value: str) -> str:
    """For text parts: control characters dropped, line ends as LF."""
    if value.isprintable():
        return value
    return _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def header(value: str) -> str:
    """For headers: every run of control characters (CR, LF, NUL, line separators) becomes one blank."""
    return value if value.isprintable() else _ANY_CONTROL.sub(" ", value)


def url_part(value: str) -> str:
    """For a value inside a URL: percent-encoded (RFC 3986); `@` stays readable."""
    return quote(value.encode("utf-8", "replace"), safe="@")


def whole_url(value: str) -> str:
    """For a value that is the beginning of a URL: schemes that run code become `#`."""
    value = _ANY_CONTROL.sub("", value).strip()
    scheme = _SCHEME.match(value)
    if scheme and scheme[1].lower() not in _SAFE_SCHEMES:
        return "#"
    return value


def _raw(value: str) -> str:
    return _RAW.sub("", value)


def code_slot(code: Code, place: Place, *, is_source_html: bool) -> Slot:
    """A slot for a code at a place. `is_source_html`: its raw form was written inside HTML and is shown as it is."""
    return Slot(_fill(code, place), _literal(code.raw, place, is_source_html=is_source_html))


def _literal(raw: str, place: Place, *, is_source_html: bool) -> str:
    if place in ("plain", "header"):
        return raw
    return raw if is_source_html else html_text(raw)


def _fill(code: Code, place: Place) -> Read:
    read = code.read
    if place == "text":
        if code.markup is not None:
            return code.markup
        if code.kind == "lines":
            return lambda scope: html_lines(read(scope))
        return lambda scope: html_text(read(scope))
    if place == "url" and code.kind != "encoded":
        return lambda scope: url_part(read(scope))
    if place == "url_start":
        return lambda scope: html_text(whole_url(read(scope)))
    escape_for = {"attribute": html_text, "url": html_text, "plain": plain, "header": header, "raw": _raw}[place]
    return lambda scope: escape_for(read(scope))


def pixel_slot(_: Pixel) -> Slot:
    """A slot that holds the open pixel, or nothing."""

    def fill(scope: Scope) -> str:
        url = scope.links.open_pixel_url
        if url is None:
            return ""
        return f'<img src="{html_text(url)}" width="1" height="1" alt="" style="display:block;border:0" />'

    return Slot(fill, "")
