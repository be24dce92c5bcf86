"""Tables that are shown page by page and searched by a part of some texts: forms, landing pages, smart links, templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tidings.platform.core import Core
from tidings.platform.db import Row, escape_like
from tidings.platform.pagination import Page, PageRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """How one table is listed.

    selected: a SELECT without its WHERE. counted: the table and its alias, from which the total comes.
    searched: columns that may hold what is searched. sorts: sort keys with their expressions.
    """

    selected: str
    counted: str
    searched: Sequence[str]
    sorts: Mapping[str, str]
    made: Callable[[Row], T]

    async def page(
        self, core: Core, request: PageRequest | None, search: str, narrowed: str = "true", *args: object
    ) -> Page[T]:
        """A page of it, the newest first unless sorted otherwise; two statements.

        narrowed: what else must hold, an expression of ours whose values are `args`, from $2 on.
        """
        request, text = request or PageRequest(), escape_like(search.strip())
        found = " OR ".join(f"{column} ILIKE '%' || $1 || '%'" for column in self.searched)
        where, n = f"WHERE ($1 = '' OR {found}) AND {narrowed}", len(args) + 2
        rows = await core.db.fetch(
            f"{self.selected} {where} {request.order_by(self.sorts)} LIMIT ${n} OFFSET ${n + 1}",
            text,
            *args,
            request.per_page,
            request.offset,
        )
        total: int = await core.db.fetchval(f"SELECT count(*) FROM {self.counted} {where}", text, *args)
        return Page([self.made(row) for row in rows], total, request)
