"""The leader's periodic work: a table of small pieces, each safe to run twice. How one leads is in `platform.leases`."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tidings.access.actions import delete_ended_sessions
from tidings.automations.triggers import begin_birthdays
from tidings.imports.actions import delete_stale_imports
from tidings.platform.core import Core
from tidings.platform.leases import Periodic, lead
from tidings.platform.tallies import fold
from tidings.segments.indexes import keep_custom_field_indexes

MONTHS_AHEAD = 3


async def fold_tallies(core: Core) -> None:
    """Keeps the tallies short, so that a count is a sum over few rows."""
    async with core.db.transaction() as tx:
        await fold(tx, "tallies", by=("scope", "key", "word"), sums=("contacts", "emails", "phones"))
        await fold(tx, "message_tallies", by=("campaign_id", "word"), sums=("n",))
        await fold(tx, "smart_link_tallies", by=("link_id",), sums=("contacts", "clicks"))


async def make_partitions(core: Core) -> None:
    """Makes the coming months of the logs, long before they are needed."""
    async with core.db.transaction() as tx:
        for table in ("facts", "hits"):
            await tx.execute("SELECT ensure_month_partitions($1, $2)", table, MONTHS_AHEAD)


async def purge_stale(core: Core) -> None:
    """Deletes what is over and nobody looks at again: counted windows, ended sessions, uploads that were never
    brought in, finished jobs of last month."""
    await delete_ended_sessions(core)
    await delete_stale_imports(core)
    async with core.db.transaction() as tx:
        await tx.execute("DELETE FROM rate_windows WHERE window_at < now() - interval '1 day'")
        await tx.execute("DELETE FROM jobs WHERE finished_at < now() - interval '30 days'")


async def celebrate_birthdays(core: Core) -> None:
    """Begins the automations of those whose birthday it is, once a day."""
    await begin_birthdays(core)


PERIODICS: list[Periodic] = [
    Periodic("fold_tallies", timedelta(minutes=1), fold_tallies),
    Periodic("make_partitions", timedelta(hours=1), make_partitions),
    Periodic("purge_stale", timedelta(hours=1), purge_stale),
    Periodic("begin_birthdays", timedelta(minutes=10), celebrate_birthdays),
    Periodic("keep_custom_field_indexes", timedelta(minutes=2), keep_custom_field_indexes),
]


async def schedule(core: Core, stop: asyncio.Event) -> None:
    """Leads when nobody else does, until `stop`."""
    await lead(core, PERIODICS, stop)
