"""A note as a web page may show it: HTML that a program wrote is cleaned, everything else is text as it stands.

Notes have no format of their own. People write plain text in the interface, programs HTML (fluentcrm.md §2.3), so it is
told by the tags and references in it; `a < b` and `<ada@example.org>` are neither. A note without an author is text
always: the system and automations put into it what recipients wrote.
"""

from __future__ import annotations

import re
from typing import Protocol

import nh3
from markupsafe import Markup

# Cleaning takes the square of the depth: what has more tags is shown as it is written.
MAX_TAGS = 2000
_BLOCKS = {"blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "table", "ul", "br"}
_INLINE = {"a", "abbr", "b", "code", "del", "em", "i", "ins", "s", "small", "span", "strong", "sub", "sup", "u"}
_CELLS = {"caption", "tbody", "td", "tfoot", "th", "thead", "tr"}
_TAGS = _BLOCKS | _INLINE | _CELLS
# No pictures: those of other hosts tell who reads a note, and when. No styles: they can cover what is not theirs.
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
    set_tag_attribute_values={"a": {"target": "_blank"}},
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)
_HEADING = re.compile(r"<(/?)h[1-6]>")


def _any(tags: set[str]) -> re.Pattern[str]:
    return re.compile(rf"</?(?:{'|'.join(sorted(tags))})(?:\s[^<>]*)?/?>", re.IGNORECASE)


_SOME_TAG, _SOME_BLOCK = _any(_TAGS), _any(_BLOCKS | _CELLS)
_REFERENCE = re.compile(r"&(?:amp|lt|gt|quot|nbsp|#\d{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)


class Written(Protocol):
    """A note, about whomever."""

    @property
    def author_id(self) -> int | None: ...

    @property
    def description(self) -> str: ...


def is_markup(note: Written) -> bool:
    """Whether a note is HTML."""
    text = note.description
    return note.author_id is not None and bool(_SOME_TAG.search(text) or _REFERENCE.search(text))


def note_html(note: Written) -> Markup:
    """The note in an element of its own. Its headings are bold lines: the page has its own outline."""
    text = note.description
    if not is_markup(note) or text.count("<") > MAX_TAGS:
        return Markup('<div class="note-text">{}</div>').format(text)
    cleaned = _HEADING.sub(_bold, _CLEANER.clean(text.replace("\0", "")))
    # Without any block the line breaks are those of the text.
    kind = "note-text is-html" if _SOME_BLOCK.search(text) else "note-text"
    return Markup(f'<div class="{kind}">{cleaned}</div>')  # noqa: S704 - cleaned above


def _bold(tag: re.Match[str]) -> str:
    return "</strong></p>" if tag[1] else "<p><strong>"
