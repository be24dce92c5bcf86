"""Modules are switched on and off; the system log tells what failed while it is on."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tidings.platform import modules, system_log
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Refused
from tidings.platform.leases import Periodic, list_ticks, run_due, run_soon
from tidings.platform.pagination import PageRequest


async def test_modules_are_on_at_first_and_refuse_when_they_are_off(core: Core):
    assert await modules.is_on(core, "companies")
    assert not await modules.is_on(core, "portal")
    await modules.switch(core, {"companies": False, "portal": True})
    assert not await modules.is_on(core, "companies")
    assert (await modules.switches(core))["portal"]
    with pytest.raises(Refused) as refused:
        await modules.require(core, "companies")
    assert refused.value.code == "not_enabled"
    with pytest.raises(Invalid):
        await modules.switch(core, {"events": False, "teleporter": True})
    assert await modules.is_on(core, "events")


async def test_switches_thrown_at_the_same_moment_are_all_kept(core: Core):
    names = list(modules.MODULES)
    await asyncio.gather(*(modules.switch(core, {name: False}) for name in names))
    assert await modules.switches(core) == dict.fromkeys(names, False)


async def test_the_system_log_keeps_quiet_when_it_is_off_and_shows_no_secret(core: Core):
    await system_log.log_event(core, "Sending stopped", "smtp://me:secret@mail.example.com refused 100% of mails")
    await modules.switch(core, {"system_logs": False})
    await system_log.log_event(core, "Unheard")
    page = await system_log.list_system_log(core, PageRequest())
    assert [(line.title, "secret" in line.description) for line in page.rows] == [("Sending stopped", False)]
    for text, found in (("100%", 1), ("%", 1), ("_", 0), ("SENDING", 1), ("else", 0)):
        assert (await system_log.list_system_log(core, PageRequest(), search=text)).total == found, text


async def test_old_lines_go_in_pieces_and_the_rest_is_read_to_the_end(core: Core):
    now = core.clock.now()
    await core.db.execute(
        "INSERT INTO system_logs (at, title) SELECT $1::timestamptz - interval '10 days', 'old ' || n FROM generate_series(1, 1500) n",
        now,
    )
    await system_log.log_event(core, "new")
    week = now - timedelta(days=7)
    assert await system_log.count_system_log(core, week) == 1500
    lines = [line.title async for line in system_log.system_log_since(core, now - timedelta(days=20))]
    assert (len(lines), lines[0], lines[-1]) == (1501, "new", "old 1")
    gone = [await system_log.delete_system_log(core, week, 1000) for _ in range(3)]
    assert gone == [1000, 500, 0]
    await system_log.reset_system_log(core)
    assert (await system_log.list_system_log(core, PageRequest())).total == 0


async def test_the_schedule_tells_what_ran_when_and_a_piece_can_be_run_at_once(core: Core):
    is_broken, ran = True, 0

    async def piece(core: Core) -> None:
        nonlocal ran
        ran += 1
        if is_broken:
            raise ValueError("no disk")

    pieces = [Periodic("sweep", timedelta(hours=1), piece)]
    await run_due(core, pieces)
    await run_due(core, pieces)
    [tick] = await list_ticks(core)
    assert (tick.name, tick.problem, tick.ran_at) == ("sweep", "ValueError: no disk", None)
    # A piece that fails again and again is told of once.
    assert (await system_log.list_system_log(core, PageRequest())).total == 1
    is_broken = False
    assert await run_due(core, pieces) == ["sweep"]
    [tick] = await list_ticks(core)
    assert tick.ran_at is not None
    assert (tick.problem, tick.every, tick.next_at - tick.ran_at) == (None, timedelta(hours=1), timedelta(hours=1))
    assert await run_due(core, pieces) == []
    assert await run_soon(core, ["sweep", "unheard of"]) == 1
    assert await run_due(core, pieces) == ["sweep"]
    assert ran == 4
