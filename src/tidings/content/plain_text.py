"""The text part, derived from the final HTML: same codes, same conditions, links as `text (address)`.

Works on the tokenised document, so that what is personal in the HTML is personal here.
"""

from __future__ import annotations

import re
from html import unescape

from tidings.content.html_scan import Event, scan
from tidings.content.marking import Marks

_BLOCKS = frozenset(
    [
        "p",
        "div",
        "table",
        "tr",
        "ul",
        "ol",
        "blockquote",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "center",
        "pre",
        "figure",
        "form",
        "dl",
        "dt",
        "dd",
    ]
)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_SKIPPED = frozenset({"head", "title", "script", "style", "template"})
_BLANKS = re.compile(r"[ \t\r\n\f]+")
# breaks as single signs, so that a run of them and the blanks between become one break in one pass
_LINE, _PARAGRAPH, _BR = "\x01", "\x02", "\x03"
_BREAKS = re.compile(r"[\x01\x02\x03][\x01\x02\x03 ]*")
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u200c\u00ad\ufeff]")


class _Writer:
    def __init__(self, html: str, marks: Marks, addresses: dict[int, str]) -> None:
        self.html = html
        self.marks = marks
        self.addresses = addresses
        self.parts: list[str] = []
        self.open_links: list[tuple[str, int]] = []
        self.skipped = ""

    def take(self, event: Event) -> None:
        if self.skipped:
            if event.kind == "close" and event.name == self.skipped:
                self.skipped = ""
            return
        if event.kind == "text":
            text = _UNWANTED.sub("", unescape(self.html[event.start : event.end]).replace("\xa0", " "))
            self.parts.append(text)
        elif event.kind == "comment":
            inside = self.html[event.start + 4 : event.end - 3].strip()
            if self.marks.control(inside):
                self.parts.append(inside)
        elif event.kind == "open":
            self.opened(event)
        elif event.kind == "close":
            self.closed(event.name)

    def opened(self, event: Event) -> None:
        if event.name in _SKIPPED or self.attribute(event, "class") == "td-preheader":
            self.skipped = event.name
        elif event.name == "br":
            self.parts.append(_BR)
        elif event.name == "li":
            self.parts.append(_LINE + "- ")
        elif event.name == "hr":
            self.parts.append(_PARAGRAPH + "---" + _PARAGRAPH)
        elif event.name == "img":
            self.parts.append(self.attribute(event, "alt"))
        elif event.name == "a":
            self.open_links.append((self.address(event), len(self.parts)))
        else:
            self.break_for(event.name)

    def closed(self, name: str) -> None:
        if name == "a" and self.open_links:
            address, start = self.open_links.pop()
            text = _BLANKS.sub(" ", "".join(self.parts[start:])).strip()
            if address and address != text:
                self.parts.append(f" ({address})" if text else address)
        elif name in ("td", "th"):
            self.parts.append(" ")
        else:
            self.break_for(name)

    def break_for(self, name: str) -> None:
        if name in _HEADINGS or name == "p":
            self.parts.append(_PARAGRAPH)
        elif name in _BLOCKS:
            self.parts.append(_LINE)

    def attribute(self, event: Event, name: str) -> str:
        found = next((a for a in event.attributes if a.name == name), None)
        return _UNWANTED.sub("", unescape(self.html[found.start : found.end])) if found else ""

    def address(self, event: Event) -> str:
        href = next((a for a in event.attributes if a.name == "href"), None)
        if href is None:
            return ""
        address = (
            self.addresses.get(href.start) or _UNWANTED.sub("", unescape(self.html[href.start : href.end])).strip()
        )
        if address.startswith("#"):
            return ""
        return address.removeprefix("mailto:").removeprefix("tel:")


def plain_text(html: str, marks: Marks, addresses: dict[int, str]) -> str:
    """The text of a tokenised document, tokens kept. `addresses`: where a link's value starts to its token."""
    writer = _Writer(html, marks, addresses)
    for event in scan(html):
        writer.take(event)
    text = _BLANKS.sub(" ", "".join(writer.parts))
    return "\n".join(line.rstrip(" ") for line in _BREAKS.sub(_lines, text).strip().split("\n"))


def _lines(breaks: re.Match[str]) -> str:
    run = breaks[0]
    return "\n\n" if _PARAGRAPH in run or run.count(_BR) > 1 else "\n"
