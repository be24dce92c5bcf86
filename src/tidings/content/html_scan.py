"""One linear pass over HTML: texts, tags with the spans of their attribute values, comments, raw texts.

It repairs nothing and builds no tree; it only tells where something stands. Malformed input yields odd spans, never loops.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_NAME = re.compile(r"/?([A-Za-z][^\s/>]*)")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s/>=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*)))?")
_TAG_END = re.compile(r"[\s/]*>")
_RAW_ENDS = {name: re.compile(rf"</{name}", re.IGNORECASE) for name in ("style", "script")}


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: lower-cased name, and where its value starts and ends in the document."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Event:
    """A stretch of the document. Tags carry `name` (lower case) and, when they open, their attributes."""

    kind: Literal["text", "raw", "comment", "open", "close", "other"]
    start: int
    end: int
    name: str = ""
    attributes: tuple[Attribute, ...] = ()


def scan(html: str) -> Iterator[Event]:
    """The document as events that cover it without gap or overlap."""
    position, length = 0, len(html)
    while position < length:
        less = html.find("<", position)
        if less < 0:
            yield Event("text", position, length)
            return
        if less > position:
            yield Event("text", position, less)
        event = _markup(html, less)
        yield event
        position = event.end
        if event.kind == "open" and event.name in _RAW_ENDS:
            found = _RAW_ENDS[event.name].search(html, position)
            end = found.start() if found else length
            if end > position:
                yield Event("raw", position, end, event.name)
            position = end


def _markup(html: str, less: int) -> Event:
    length = len(html)
    if html.startswith("<!--", less):
        # "<!-->" is a whole comment; what stands between Outlook's conditional comments is markup of the mail
        end = html.find("-->", less + 2)
        end = length if end < 0 else end + 3
        if html.startswith("<!--[if", less):
            condition = html.find("]>", less, min(end, less + 1_000))
            end = end if condition < 0 else condition + 2
        return Event("comment", less, end)
    if html.startswith(("<!", "<?"), less):
        end = html.find(">", less)
        return Event("other", less, length if end < 0 else end + 1)
    name = _NAME.match(html, less + 1)
    if name is None:
        return Event("text", less, less + 1)
    if html[less + 1] == "/":
        end = html.find(">", less)
        return Event("close", less, length if end < 0 else end + 1, name[1].lower())
    attributes, end = _attributes(html, name.end())
    return Event("open", less, end, name[1].lower(), attributes)


def _attributes(html: str, position: int) -> tuple[tuple[Attribute, ...], int]:
    found: list[Attribute] = []
    while True:
        end = _TAG_END.match(html, position)
        if end:
            return tuple(found), end.end()
        match = _ATTRIBUTE.match(html, position)
        if match is None:
            # nothing but blanks and stray signs: give up this tag at its next end
            end_at = html.find(">", position)
            return tuple(found), len(html) if end_at < 0 else end_at + 1
        group = next((g for g in (2, 3, 4) if match[g] is not None), 1)
        start, stop = match.span(group) if group != 1 else (match.end(), match.end())
        found.append(Attribute(match[1].lower(), start, stop))
        position = match.end()
