"""The rows of a page as a list that knows its place among the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class AsyncPage(list[T], Generic[T]):
    """A list of rows with `page`, `per_page`, `total`, `total_pages`, and `meta` as the server sent it."""

    def __init__(
        self,
        rows: Iterable[T],
        *,
        page: int,
        per_page: int,
        total: int,
        meta: Mapping[str, Any],
        turn: Callable[[int], Awaitable[AsyncPage[T]]],
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

    async def next_page(self) -> AsyncPage[T] | None:
        """The page after this one, None after the last."""
        return await self._turn(self.page + 1) if self.has_more else None

    async def iterate(self) -> AsyncIterator[T]:
        """The rows of this page and of all that follow, each page fetched when it is reached."""
        shown: AsyncPage[T] | None = self
        while shown is not None:
            for row in shown:
                yield row
            shown = await shown.next_page()
