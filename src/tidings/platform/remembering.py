"""Answers that took long to find, kept as long as they are right.

What is remembered, and how one sees that it is still right, is the feature's. Whoever wants an answer that somebody is
finding waits for it, so a crowd asks once. Each `Core` has its own memory; it never grows beyond MOST answers.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

V = TypeVar("V")
MOST = 2000


@dataclass(slots=True)
class _Place:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answer: Any = None


class Memory:
    """Answers by key; what was not asked for the longest is forgotten first."""

    def __init__(self) -> None:
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()

    async def answer(
        self, key: Hashable, *, is_right: Callable[[V], Awaitable[bool]], find: Callable[[], Awaitable[V]]
    ) -> V:
        """The remembered answer when `is_right` says so, else a new one of `find`; raises what these raise."""
        place = self._places.setdefault(key, _Place())
        self._places.move_to_end(key)
        while len(self._places) > MOST:
            self._places.popitem(last=False)
        known = place.answer
        if known is not None and await is_right(known):
            return known
        async with place.lock:
            # Somebody else may have found it meanwhile.
            if place.answer is known or not await is_right(place.answer):
                place.answer = await find()
            return place.answer
