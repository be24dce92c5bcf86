"""The sender: takes due messages of running campaigns, writes the mails, sends them, stores what became of them.

While one group is on the wire the next is claimed, and the outcomes of the last are stored. Groups are small enough
that a crash leaves only a moment's worth of messages unknown; memory holds three groups, whatever the audience.
A database that goes away costs nothing: outcomes are kept until it takes them, and what was claimed without our
hearing of it goes back.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from tidings.campaigns.windows import is_open
from tidings.content import HeaderRefused, wire_address
from tidings.messages import accounts, claims
from tidings.messages.claims import Claimed
from tidings.messages.mailing import Mailing, load_mailing
from tidings.messages.store import sql
from tidings.messages.transports.types import Envelope, Outcome, Result, Transport
from tidings.messages.types import Account, Pace
from tidings.platform.core import Core
from tidings.platform.db import AWAY
from tidings.platform.modules import is_on

log = logging.getLogger("tidings.sender")
# A group should take about this long; its size follows the speed of the server. Each group costs every connection one
# idle round trip, so it must be long against those; and it bounds what a crash leaves unknown.
GROUP_TIME = 1.2
SMALLEST, LARGEST = 50, 1000
IDLE = 0.5
RECOVER_EVERY = 10.0
KEPT_MAILINGS = 8
# Seconds for which outcomes are kept while the database is away; nothing else can be done meanwhile.
KEPT_FOR = 600.0


@dataclass
class Sender:
    """One sending loop. `worker` names it in the rows it holds."""

    core: Core
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{time.time_ns():x}")
    _mailings: OrderedDict[tuple[int, int], Mailing] = field(default_factory=OrderedDict[tuple[int, int], Mailing])
    _transports: dict[tuple[int, object], Transport] = field(default_factory=dict[tuple[int, object], Transport])
    _sizes: dict[int, int] = field(default_factory=dict[int, int])
    _held: set[int] = field(default_factory=set[int])
    # on the wire, or behind it without a stored outcome
    _offered: set[int] = field(default_factory=set[int])
    _has_strays: bool = False
    _is_stopping: Callable[[], bool] = lambda: False
    _recovered_at: float = 0.0
    # which of several accounts begins
    _turn: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; what is in hand is finished first."""
        self._is_stopping = stop.is_set
        holding = asyncio.create_task(self._hold())
        try:
            await self._work(stop)
        finally:
            holding.cancel()
        await self.close()

    async def _hold(self) -> None:
        """Extends the leases of what is in hand while its server is slow."""
        while True:
            await asyncio.sleep(claims.LEASE.total_seconds() / 3)
            if self._held:
                try:
                    await claims.extend(self.core, self.worker, list(self._held))
                except Exception:
                    log.exception("leases could not be extended; trying again")

    async def _work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                sent = await self.pass_once(stop)
            except Exception as error:
                log.exception("a sending pass failed; trying again")
                sent, self._has_strays = 0, self._has_strays or isinstance(error, AWAY)
                await asyncio.sleep(IDLE)
            if not sent:
                await _wait(stop, IDLE)

    async def close(self) -> None:
        """Says goodbye to the servers."""
        for transport in self._transports.values():
            await transport.close()
        self._transports.clear()

    async def pass_once(self, stop: asyncio.Event | None = None) -> int:
        """Sends what is due now, campaign by campaign; answers how many messages were handled."""
        if time.monotonic() - self._recovered_at > RECOVER_EVERY:
            self._recovered_at = time.monotonic()
            await claims.recover_lost(self.core)
        if self._has_strays:
            await claims.release_strays(self.core, self.worker, self._offered)
            self._has_strays = False
        handled = 0
        rows = await self.core.db.fetch(sql.sending_campaigns, self.core.clock.now())
        for row in rows:
            pace = Pace(row["per_minute"], row["per_hour"], row["paced_as"], row["sends_within"])
            if not is_open(pace.within, self.core.clock.now()):
                continue
            handled += await self._send_campaign(row["id"], row["version"], row["account_ids"], pace, stop)
        await claims.finish_campaigns(self.core)
        return handled

    async def _send_campaign(
        self, campaign_id: int, version: int, account_ids: list[int], pace: Pace, stop: asyncio.Event | None
    ) -> int:
        mailing = await self._mailing(campaign_id, version)
        usable = await accounts.usable_accounts(self.core, account_ids)
        handled = 0
        for account in _in_turn(usable, self._turn):
            n, goes_on = await self._send_through(account, mailing, pace, stop)
            handled += n
            if not goes_on:
                break
        self._turn += bool(handled)
        return handled

    async def _send_through(
        self, account: Account, mailing: Mailing, pace: Pace, stop: asyncio.Event | None
    ) -> tuple[int, bool]:
        """Group after group until nothing is due, the account fails or may send no more, or somebody stops us; answers
        how many, and whether another account should go on."""
        transport = await self._transport(account)
        handled = 0
        is_healthy, is_spent = True, False
        claiming = asyncio.create_task(self._claim(account, mailing, pace))
        storing: asyncio.Task[None] | None = None
        try:
            while True:
                group = await claiming
                if not group:
                    is_spent = group is None
                    break
                claiming = asyncio.create_task(self._claim(account, mailing, pace))
                outcomes = await self._send_group(account, transport, mailing, group)
                if storing is not None:
                    await storing
                storing = asyncio.create_task(self._store(outcomes))
                handled += len(group)
                failed = next((r for _, r in outcomes if r.outcome is Outcome.ACCOUNT_FAILED), None)
                if failed is not None:
                    await accounts.open_breaker(self.core, account.id, failed.text)
                    is_healthy = False
                elif account.failures:
                    await accounts.close_breaker(self.core, account.id)
                if not is_healthy or (stop is not None and stop.is_set()):
                    await claims.release(self.core, self.worker, [one.id for one in await claiming or ()])
                    break
        finally:
            # After an error a claim may still be under way; what it takes is a stray of the next pass.
            await asyncio.gather(claiming, return_exceptions=True)
            if storing is not None:
                await storing
            self._held.clear()
        return handled, is_spent or not is_healthy

    async def _store(self, outcomes: list[tuple[Claimed, Result]]) -> None:
        """Stores outcomes when the database takes them: once forgotten, nobody would ever know them."""
        give_up_at = time.monotonic() + KEPT_FOR
        while True:
            try:
                await claims.store_outcomes(self.core, self.worker, outcomes)
                break
            except AWAY as error:
                if self._is_stopping() or time.monotonic() > give_up_at:
                    raise
                log.warning("%s outcomes wait for the database: %r", len(outcomes), error)
                await asyncio.sleep(IDLE)
        ids = {claimed.id for claimed, _ in outcomes}
        self._held -= ids
        self._offered -= ids

    async def _claim(self, account: Account, mailing: Mailing, pace: Pace) -> list[Claimed] | None:
        """The next group; None when a limit allows none now."""
        size = self._sizes.get(account.id, SMALLEST)
        if not is_open(pace.within, self.core.clock.now()):
            return []
        counted_as = pace.counted_as or mailing.id
        granted = await accounts.take_allowance(self.core, account, counted_as, pace, size)
        if not granted:
            return None
        group = await claims.claim(
            self.core,
            mailing.id,
            limit=granted,
            worker=self.worker,
            account_id=account.id,
            needs=mailing.needs,
            is_transactional=mailing.is_transactional,
        )
        self._held.update(one.id for one in group)
        await accounts.give_back(self.core, account, counted_as, pace, granted - len(group))
        return group

    async def _send_group(
        self, account: Account, transport: Transport, mailing: Mailing, group: list[Claimed]
    ) -> list[tuple[Claimed, Result]]:
        started = time.monotonic()
        now = self.core.clock.now()
        opens_portal = "portal" in mailing.needs and await is_on(self.core, "portal")
        by_id = {one.id: one for one in group}
        outcomes: list[tuple[Claimed, Result]] = []
        envelopes: list[Envelope] = []
        for one in group:
            try:
                data = mailing.write(one.id, one.person, one.subject_id, at=now, opens_portal=opens_portal)
                to = wire_address(one.person.email)
            except HeaderRefused as error:
                outcomes.append((one, Result(one.id, Outcome.REFUSED, None, str(error))))
                continue
            envelopes.append(Envelope(one.id, mailing.sender.from_email, to, data, has_safe_lines=True))
        self._offered.update(envelope.key for envelope in envelopes)
        await transport.send(envelopes, lambda result: outcomes.append((by_id[result.key], result)))
        taken = time.monotonic() - started
        size = int(len(group) * GROUP_TIME / max(taken, 0.001))
        self._sizes[account.id] = max(
            SMALLEST, min(account.connections * 20, LARGEST, max(size, account.connections * 2))
        )
        return outcomes

    async def _mailing(self, campaign_id: int, version: int) -> Mailing:
        key = (campaign_id, version)
        if key not in self._mailings:
            self._mailings[key] = await load_mailing(self.core, campaign_id)
            while len(self._mailings) > KEPT_MAILINGS:
                self._mailings.popitem(last=False)
        return self._mailings[key]

    async def _transport(self, account: Account) -> Transport:
        key = (account.id, account.updated_at)
        if key not in self._transports:
            for old in [one for one in self._transports if one[0] == account.id]:
                await self._transports.pop(old).close()
            self._transports[key] = await accounts.transport_of(self.core, account)
        return self._transports[key]


def _in_turn(usable: list[Account], turn: int) -> list[Account]:
    """The accounts, another one first each time."""
    first = turn % len(usable) if usable else 0
    return usable[first:] + usable[:first]


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass


async def run_sender(core: Core, stop: asyncio.Event) -> None:
    """The loop for the worker process."""
    await Sender(core).run(stop)
