"""Answers that took long are kept as long as they are right."""

from __future__ import annotations

import asyncio

import pytest

from tidings.platform import remembering
from tidings.platform.remembering import Memory


class Question:
    """Counts how often it was asked; its answers are right while `version` stays."""

    def __init__(self) -> None:
        self.version = 1
        self.asked = 0

    async def find(self) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        return self.version

    async def is_right(self, answer: int) -> bool:
        return answer == self.version


async def test_an_answer_is_kept_while_it_is_right():
    memory, question = Memory(), Question()
    answers = [await memory.answer("k", is_right=question.is_right, find=question.find) for _ in range(3)]
    assert (answers, question.asked) == ([1, 1, 1], 1)
    question.version = 2
    assert await memory.answer("k", is_right=question.is_right, find=question.find) == 2
    assert question.asked == 2


async def test_a_crowd_asks_once():
    memory, question = Memory(), Question()
    ask = (memory.answer("k", is_right=question.is_right, find=question.find) for _ in range(20))
    assert await asyncio.gather(*ask) == [1] * 20
    assert question.asked == 1


async def test_who_failed_to_find_leaves_it_to_the_next():
    memory, question = Memory(), Question()

    async def fail() -> int:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await memory.answer("k", is_right=question.is_right, find=fail)
    assert await memory.answer("k", is_right=question.is_right, find=question.find) == 1


async def test_what_was_not_asked_for_the_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remembering, "MOST", 2)
    memory, question = Memory(), Question()
    for key in ("a", "b", "a", "c", "a"):
        await memory.answer(key, is_right=question.is_right, find=question.find)
    assert question.asked == 3
    await memory.answer("b", is_right=question.is_right, find=question.find)
    assert question.asked == 4
