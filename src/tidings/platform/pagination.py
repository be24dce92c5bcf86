"""Pages: by number for people and the dialects, with an allow-listed sort. Dialects shape them at the door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
# Leaves room for what is added to it.
FARTHEST = 2**62


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page, how large (rows), sorted how. `sort` is a key of the query's allow-list; unknown keys fall back."""

    page: int = 1
    per_page: int = 25
    sort: str = "id"
    is_descending: bool = True

    @property
    def offset(self) -> int:
        """Rows before this page; as far behind every table as a bigint goes, for a page beyond that."""
        return min((self.page - 1) * self.per_page, FARTHEST)

    def total_seen(self, rows: int) -> int | None:
        """How many there are when a page with so many rows shows it, because it is the last one; else None."""
        is_last = rows < self.per_page and (rows > 0 or self.page == 1)
        return self.offset + rows if is_last else None

    def order_by(self, allowed: Mapping[str, str], *, default: str = "id") -> str:
        """ORDER BY text from the allow-list only; ties are broken by id. The caller's text never reaches the SQL.

        An expression that ends in USING sorts text by its bytes, as an index with `text_pattern_ops` does.
        """
        column = allowed.get(self.sort)
        direction = "DESC" if self.is_descending else "ASC"
        if column is None:
            return f"ORDER BY {allowed[default]} DESC"
        if column.endswith(" USING"):
            return f"ORDER BY {column} {'~>~' if self.is_descending else '~<~'}, {allowed[default]} {direction}"
        tie = "" if self.sort == default else f", {allowed[default]} {direction}"
        return f"ORDER BY {column} {direction}{tie}"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of rows with the total of all pages."""

    rows: list[T]
    total: int
    request: PageRequest

    @property
    def pages(self) -> int:
        """How many pages there are; an empty result has one."""
        return max(1, -(-self.total // self.request.per_page))
