"""What every collection of every dialect can do. The dialects' clients say how answers and pages are wrapped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Generic, TypeVar

from tidings_client._async.pages import AsyncPage
from tidings_client._async.transport import AsyncTransport
from tidings_client.addresses import merged, segment
from tidings_client.models.records import Record, record, records

T = TypeVar("T", bound=Record)
Fields = Mapping[str, Any]


class AsyncDialect(AsyncTransport):
    """A client whose answers are read by its resources."""

    per_page_word = "per_page"
    is_camel = False

    def unwrap(self, answer: Any, name: str) -> Any:
        """The value of an answer; `name` is what FluentCRM would call it."""
        return answer

    def read_page(self, answer: Any, name: str) -> tuple[list[Any], Mapping[str, Any]]:
        """Rows and meta (page, total and the dialect's word for rows per page) of a list."""
        raise NotImplementedError


class AsyncResource(Generic[T]):
    """The collection at `path`. `name` and `names` are its words in answers, where a dialect has such."""

    def __init__(self, http: AsyncDialect, path: str, kind: type[T], name: str = "", names: str = "") -> None:
        self._http = http
        self._path = path
        self._kind = kind
        self._name = name
        self._names = names or f"{name}s"

    def _body(self, fields: Fields | None, more: Fields) -> dict[str, Any]:
        return merged(fields, more, is_camel=self._http.is_camel)

    def _at(self, id: str | int, *more: str) -> str:
        return "/".join([self._path, segment(id), *more])

    async def _value(self, method: str, path: str, body: Any = None, *, query: Fields | None = None) -> Any:
        answer = await self._http.request(method, path, body=body, query=query)
        return self._http.unwrap(answer, self._name)

    async def _one(self, method: str, path: str, body: Any = None, *, query: Fields | None = None) -> T:
        return record(self._kind, await self._value(method, path, body, query=query))

    async def _plain(self, method: str, path: str, body: Any = None, *, query: Fields | None = None) -> Record:
        return record(Record, await self._value(method, path, body, query=query) or {})

    async def _rows(
        self, path: str, kind: type[Any], page: int, per_page: int, query: Fields, names: str = ""
    ) -> AsyncPage[Any]:
        sent = {**query, "page": page, self._http.per_page_word: per_page}
        answer = await self._http.request("GET", path, query=sent)

        async def turn(number: int) -> AsyncPage[Any]:
            return await self._rows(path, kind, number, per_page, query, names)

        return self._page(answer, kind, turn, names or self._names)

    def _page(self, answer: Any, kind: type[Any], turn: Any, names: str) -> AsyncPage[Any]:
        rows, meta = self._http.read_page(answer, names)
        per_page = int(meta[self._http.per_page_word])
        return AsyncPage(
            records(kind, rows),
            page=int(meta["page"]),
            per_page=per_page,
            total=int(meta["total"]),
            meta=meta,
            turn=turn,
        )


class AsyncListed(AsyncResource[T]):
    """A collection whose rows can be listed."""

    async def list(self, *, page: int = 1, per_page: int = 20, **filters: Any) -> AsyncPage[T]:
        """One page. Filters and sorting are keyword arguments, named as in the dialect's guide (in snake_case)."""
        return await self._rows(self._path, self._kind, page, per_page, self._body(None, filters))

    async def iterate(self, *, per_page: int = 100, **filters: Any) -> AsyncIterator[T]:
        """Every row, page after page, each page fetched when it is reached."""
        first = await self.list(per_page=per_page, **filters)
        async for row in first.iterate():
            yield row


class AsyncReadable(AsyncListed[T]):
    """A collection whose rows have an address each."""

    async def get(self, id: str | int) -> T:
        """One row; raises NotFound."""
        return await self._one("GET", self._at(id))


class AsyncRemovable(AsyncReadable[T]):
    """A collection whose rows can be taken away."""

    async def delete(self, id: str | int) -> Record:
        """Takes one away; the record is what the server said, empty when it said nothing."""
        return await self._plain("DELETE", self._at(id))
