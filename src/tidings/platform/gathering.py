"""Asking one question for many at once: what arrives while a question is under way is asked together in the next one.

For small reads and counters that every request needs. There is no timer: a lone asker waits for nothing, a crowd shares
statements. Every question begins after its askers came, so nobody gets an answer older than the request. What is asked
is the feature's; each `Core` has its own `Gatherings`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MOST_AT_ONCE = 500
Ask = Callable[[list[K]], Awaitable[Sequence[V]]]


class Gathering(Generic[K, V]):
    """`ask` gets the keys in their order of arrival, repeated ones too, and returns as many answers in that order."""

    def __init__(self, ask: Ask[K, V]) -> None:
        self._ask = ask
        self._waiting: list[tuple[K, asyncio.Future[V]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def answer(self, key: K) -> V:
        """The answer for one key; raises what the question raised."""
        future: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, future))
        if self._asking is None:
            self._asking = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[:MOST_AT_ONCE]
                del self._waiting[:MOST_AT_ONCE]
                await self._settle(batch)
        finally:
            self._asking = None

    async def _settle(self, batch: list[tuple[K, asyncio.Future[V]]]) -> None:
        try:
            answers = await self._ask([key for key, _ in batch])
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        except asyncio.CancelledError:
            for _, future in [*batch, *self._waiting]:
                future.cancel()
            self._waiting.clear()
            raise
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)


class Gatherings:
    """The gatherings of one core by name; made when first wanted."""

    def __init__(self) -> None:
        self._by_name: dict[str, Gathering[Any, Any]] = {}

    def of(self, name: str, ask: Ask[K, V]) -> Gathering[K, V]:
        """The gathering of that name; `ask` counts only the first time."""
        found = self._by_name.get(name)
        if found is None:
            found = self._by_name[name] = Gathering(ask)
        return found

    async def shared(self, name: str, ask: Callable[[], Awaitable[V]]) -> V:
        """What `ask` finds, one answer for all who wait at this moment."""

        async def for_all(askers: list[None]) -> list[V]:
            return [await ask()] * len(askers)

        return await self.of(name, for_all).answer(None)

    async def by_ids(
        self, name: str, ids: Iterable[int], ask: Callable[[list[int]], Awaitable[Mapping[int, V]]]
    ) -> dict[int, V]:
        """What `ask` finds for ids, asked together with the ids of others who wait at this moment."""

        async def together(asked: list[frozenset[int]]) -> list[Mapping[int, V]]:
            found = await ask(list(frozenset[int]().union(*asked)))
            return [found] * len(asked)

        wanted = frozenset(ids)
        found = await self.of(name, together).answer(wanted)
        return {one: found[one] for one in wanted if one in found}
