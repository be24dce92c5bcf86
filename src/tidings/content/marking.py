"""Tokens that stand for marks while the HTML is wrapped, inlined and scanned; afterwards they become slots and branches.

A token is ASCII letters and digits, so no HTML or CSS parser changes it; its beginning occurs nowhere in the sources.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from tidings.content.escaping import code_slot, html_text, pixel_slot
from tidings.content.tree import Anchor, Close, Code, Item, Link, Mark, Open, Pixel, Place, Turn
from tidings.content.types import ContentTooLarge

_MAX_MARKS = 50_000


class Marks:
    """The marks of one mail and their tokens. `sources` are the texts in which no token may occur by chance."""

    def __init__(self, *sources: str) -> None:
        digest = hashlib.sha256("\0".join(sources).encode("utf-8", "replace")).hexdigest()
        start = next(i for i in range(50) if not any(f"tk{digest[i : i + 12]}" in source for source in sources))
        self._begin = f"tk{digest[start : start + 12]}x"
        self.pattern = re.compile(rf"{self._begin}(\d+)z")
        self._marks: list[Mark] = []

    def add(self, mark: Mark) -> str:
        """A new token for a mark."""
        if len(self._marks) >= _MAX_MARKS:
            raise ContentTooLarge(len(self._marks) * 100)
        self._marks.append(mark)
        return f"{self._begin}{len(self._marks) - 1}z"

    def tokenised(self, parts: Iterator[str | Mark], *, is_html: bool) -> str:
        """Texts (escaped unless HTML) and tokens in one string."""
        out: list[str] = []
        for part in parts:
            if isinstance(part, str):
                out.append(part if is_html else html_text(part))
            else:
                out.append(self.add(part))
        return "".join(out)

    def is_in(self, text: str) -> bool:
        """Whether any token is in the text."""
        return self._begin in text

    def control(self, token: str) -> bool:
        """Whether the text is exactly one token of a condition."""
        match = self.pattern.fullmatch(token)
        return match is not None and isinstance(self._marks[int(match[1])], Open | Turn | Close)

    def conditions_as_comments(self, text: str) -> str:
        """Puts tokens of conditions into comments, which HTML parsers leave where they are, even between table rows."""
        return self.pattern.sub(lambda m: f"<!--{m[0]}-->" if self.control(m[0]) else m[0], text)

    def items(self, text: str, place: Place, *, is_source_html: bool = True) -> Iterator[Item]:
        """The text split at its tokens, each mark made fit for its place."""
        if not self.is_in(text):
            yield text
            return
        end = 0
        for match in self.pattern.finditer(text):
            before = text[end : match.start()]
            yield before
            here: Place = "url" if place == "url_start" and match.start() > 0 else place
            yield self._item(self._marks[int(match[1])], here, is_source_html)
            end = match.end()
        yield text[end:]

    def _item(self, mark: Mark, place: Place, is_source_html: bool) -> Item:
        if isinstance(mark, Code):
            return code_slot(mark, place, is_source_html=is_source_html)
        if isinstance(mark, Link):
            return Anchor(mark, is_plain=place == "plain")
        return pixel_slot(mark) if isinstance(mark, Pixel) else mark
