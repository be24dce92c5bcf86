"""Questions asked once for many."""

from __future__ import annotations

import asyncio

import pytest

from tidings.platform.gathering import Gatherings


async def test_what_comes_while_a_question_is_under_way_is_asked_together_in_the_next_one():
    asked: list[list[int]] = []
    may_answer = asyncio.Event()

    async def doubled(keys: list[int]) -> list[int]:
        asked.append(keys)
        await may_answer.wait()
        return [key * 2 for key in keys]

    gatherings = Gatherings()
    first = asyncio.create_task(gatherings.of("doubled", doubled).answer(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = [asyncio.create_task(gatherings.of("doubled", doubled).answer(key)) for key in (2, 3, 2)]
    await asyncio.sleep(0)
    rest[1].cancel()
    may_answer.set()
    assert [await first, await rest[0], await rest[2]] == [2, 4, 4]
    assert asked == [[1], [2, 3, 2]]
    assert await gatherings.of("doubled", doubled).answer(5) == 10


async def test_a_question_that_fails_fails_for_its_askers_alone():
    async def inverse(keys: list[int]) -> list[float]:
        await asyncio.sleep(0)
        return [1 / key for key in keys]

    gathering = Gatherings().of("inverse", inverse)
    together = await asyncio.gather(*(gathering.answer(key) for key in (1, 0)), return_exceptions=True)
    assert [type(answer) for answer in together] == [ZeroDivisionError, ZeroDivisionError]
    assert await gathering.answer(4) == 0.25


async def test_a_question_that_is_cancelled_leaves_nobody_waiting():
    async def never(keys: list[int]) -> list[int]:
        await asyncio.Event().wait()
        return keys

    gathering = Gatherings().of("never", never)
    askers = [asyncio.create_task(gathering.answer(key)) for key in (1, 2)]
    await asyncio.sleep(0.01)
    late = asyncio.create_task(gathering.answer(3))
    await asyncio.sleep(0.01)
    assert gathering._asking is not None
    gathering._asking.cancel()
    for task in (*askers, late):
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_one_answer_is_for_all_who_wait_at_this_moment():
    answers = iter(range(9))
    may_answer = asyncio.Event()

    async def ask() -> int:
        await may_answer.wait()
        return next(answers)

    gatherings = Gatherings()
    first = asyncio.create_task(gatherings.shared("counted", ask))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = [asyncio.create_task(gatherings.shared("counted", ask)) for _ in range(3)]
    await asyncio.sleep(0)
    may_answer.set()
    assert [await first, *[await one for one in rest]] == [0, 1, 1, 1]
    assert await gatherings.shared("counted", ask) == 2
