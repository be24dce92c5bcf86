"""The state of a table as its address says it: page, size, sort, search and filters; and addresses to its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from tidings.platform.pagination import PageRequest

SIZES = (25, 50, 100)


@dataclass(frozen=True, slots=True)
class Table:
    """`request` goes to the query; `kept` are the other words of the address (search, filters), which every link keeps."""

    path: str
    request: PageRequest
    kept: tuple[tuple[str, str], ...]

    def kept_value(self, name: str) -> str:
        """The first value of a filter, or nothing."""
        return next((value for key, value in self.kept if key == name), "")

    @property
    def search(self) -> str:
        """What is searched for."""
        return self.kept_value("q")

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the table, so that an empty result is told from an empty table."""
        return any(value for _, value in self.kept)

    def href(self, *, page: int | None = None, sort: str | None = None, size: int | None = None) -> str:
        """The same table at another page, size or sort; a new sort begins at page one."""
        at = self.request
        words: list[tuple[str, str]] = [(key, value) for key, value in self.kept if value]
        if sort is not None:
            is_descending = at.sort == sort and not at.is_descending
            words += [("sort", sort), ("dir", "desc" if is_descending else "asc")]
        else:
            words += [("sort", at.sort), ("dir", "desc" if at.is_descending else "asc")]
        if page is not None and page > 1:
            words.append(("page", str(page)))
        if (size or at.per_page) != SIZES[0]:
            words.append(("per_page", str(size or at.per_page)))
        return f"{self.path}?{urlencode(words)}"

    def direction(self, column: str) -> str:
        """The value of aria-sort for a column."""
        if self.request.sort != column:
            return "none"
        return "descending" if self.request.is_descending else "ascending"

    def window(self, pages: int) -> list[int | None]:
        """Page numbers to offer; None stands for a gap."""
        at = min(self.request.page, pages)
        near = sorted({1, pages, *(n for n in range(at - 1, at + 2) if 1 <= n <= pages)})
        found: list[int | None] = []
        for number in near:
            if found and found[-1] is not None and number - found[-1] > 1:
                found.append(None)
            found.append(number)
        return found


def table_from(path: str, words: Mapping[str, list[str]], *, sort: str, is_descending: bool = True) -> Table:
    """Reads an address; nonsense falls back to the defaults and never raises."""
    last = {key: values[-1] for key, values in words.items() if values}
    page = int(last["page"]) if last.get("page", "").isdecimal() and len(last["page"]) < 8 else 1
    size = int(last["per_page"]) if last.get("per_page") in [str(n) for n in SIZES] else SIZES[0]
    wanted = last.get("sort") or sort
    falls = last["dir"] == "desc" if last.get("dir") in ("asc", "desc") else is_descending
    own = ("page", "per_page", "sort", "dir")
    kept = tuple((key, value) for key, values in words.items() if key not in own for value in values)
    return Table(path, PageRequest(page=max(1, page), per_page=size, sort=wanted, is_descending=falls), kept)
