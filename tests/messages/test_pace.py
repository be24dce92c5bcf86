"""A campaign that is held to so many mails an hour, over accounts and senders."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tidings.campaigns import actions
from tidings.messages import accounts
from tidings.messages.types import Pace
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core


async def test_an_hour_holds_what_the_campaign_may_send(core: Core, clock: FixedClock):
    made = await actions.create_campaign(core, title="C", per_hour=12)
    ids = [await accounts.create_account(core, host="127.0.0.1", name=name) for name in ("a", "b")]
    both = [await accounts.account_by_id(core, one) for one in ids]

    async def take() -> int:
        # Several senders at once, each through an account of its own.
        told = await asyncio.gather(
            *(accounts.take_allowance(core, both[n % 2], made, Pace(per_hour=12), 5) for n in range(6))
        )
        return sum(told)

    assert await take() == 12
    assert await take() == 0
    clock.set(clock.now() + timedelta(minutes=30))
    assert await take() == 6


async def test_what_is_taken_and_not_used_is_given_back(core: Core):
    made = await actions.create_campaign(core, title="C", per_hour=12)
    account = await accounts.account_by_id(core, await accounts.create_account(core, host="127.0.0.1", per_day=20))
    pace, left = Pace(per_hour=12), 12
    while left:
        # One mail at a time, by a sender that asks for a group.
        assert await accounts.take_allowance(core, account, made, pace, 50) == left
        await accounts.give_back(core, account, made, pace, left - 1)
        left -= 1
    assert await accounts.take_allowance(core, account, made, pace, 50) == 0
