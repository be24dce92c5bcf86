"""The rows of a page as a list that knows its place among the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Page(list[T], Generic[T]):
    """A list of rows with `page`, `per_page`, `total`, `total_pages`, and `meta` as the server sent it."""

    def __init__(
        self,
        rows: Iterable[T],
        *,
        page: int,
        per_page: int,
        total: int,
        meta: Mapping[str, Any],
        turn: Callable[[int], Page[T]],
    ) -> None:
        super().__init__(rows)
        self.page = page
        self.per_page = per_page
        self.total = total
        self.total_pages = -(-total // per_page) if per_page else 1
        self.meta = dict(meta)
        self._turn = turn

    @property
    def has_more(self) -> bool:
        """Whether a page follows."""
        return self.page < self.total_pages

    def next_page(self) -> Page[T] | None:
        """The page after this one, None after the last."""
        return self._turn(self.page + 1) if self.has_more else None

    def iterate(self) -> Iterator[T]:
        """The rows of this page and of all that follow, each page fetched when it is reached."""
        shown: Page[T] | None = self
        while shown is not None:
            yield from shown
            shown = shown.next_page()
