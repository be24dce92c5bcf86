"""The leader's periodic work: a table of small pieces, each safe to run twice. How one leads is in `platform.leases`."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tidings.access.actions import delete_ended_sessions
from tidings.automations.triggers import begin_birthdays
from tidings.imports.actions import delete_stale_imports
from tidings.messages.old_logs import forget_old
from tidings.outgoing_webhooks.jobs import prune_deliveries
from tidings.platform.core import Core
from tidings.platform.leases import Periodic, lead
from tidings.platform.tallies import fold
from tidings.portal.actions import forget_ended
from tidings.privacy.actions import delete_old_exports, forget_deleted
from tidings.segments.indexes import keep_custom_field_indexes

MONTHS_AHEAD = 3
# Tallies of days are looked through as far back as this; a longer standstill leaves them right, only longer.
FOLDED_DAYS = 14


async def fold_tallies(core: Core) -> None:
    """Keeps the tallies short, so that a count is a sum over few rows."""
    async with core.db.transaction() as tx:
        await fold(tx, "tallies", by=("scope", "key", "word"), sums=("contacts", "emails", "phones"))
        await fold(tx, "message_tallies", by=("campaign_id", "word"), sums=("n",))
        moments = ("campaign_id", "at", "word")
        await fold(tx, "message_moments", by=moments, sums=("n",), only=f"at > now() - interval '{FOLDED_DAYS} days'")
        await fold(tx, "smart_link_tallies", by=("link_id",), sums=("contacts", "clicks"))
        lately = f"> now() - interval '{FOLDED_DAYS} days'"
        await fold(tx, "page_tallies", by=("page_id", "day"), sums=("views", "submissions"), only=f"day {lately}")
        await fold(tx, "list_changes", by=("list_id", "at"), sums=("added", "removed"), only=f"at {lately}")


async def make_partitions(core: Core) -> None:
    """Makes the coming months of the logs, long before they are needed."""
    async with core.db.transaction() as tx:
        for table in ("facts", "hits"):
            await tx.execute("SELECT ensure_month_partitions($1, $2)", table, MONTHS_AHEAD)


async def purge_stale(core: Core) -> None:
    """Deletes what is over and nobody looks at again: counted windows, ended sessions, used links, uploads that were never
    brought in, files of personal data that are over, finished jobs and webhook deliveries of old."""
    await delete_ended_sessions(core)
    await forget_ended(core)
    await prune_deliveries(core)
    await delete_stale_imports(core)
    await delete_old_exports(core)
    await forget_deleted(core)
    async with core.db.transaction() as tx:
        await tx.execute("DELETE FROM changes WHERE at < now() - interval '1 hour'")
        await tx.execute("DELETE FROM rate_windows WHERE window_at < now() - interval '1 day'")
        days = await core.installation.get("keep_jobs_days")
        await tx.execute("DELETE FROM jobs WHERE $1 > 0 AND finished_at < now() - make_interval(days => $1)", days)


async def forget_old_logs(core: Core) -> None:
    """Deletes sent mails, opens, clicks and logs that are older than the installation keeps them."""
    await forget_old(core)


async def celebrate_birthdays(core: Core) -> None:
    """Begins the automations of those whose birthday it is, once a day."""
    await begin_birthdays(core)


PERIODICS: list[Periodic] = [
    Periodic("fold_tallies", timedelta(minutes=1), fold_tallies),
    Periodic("make_partitions", timedelta(hours=1), make_partitions),
    Periodic("purge_stale", timedelta(hours=1), purge_stale),
    Periodic("forget_old_logs", timedelta(hours=1), forget_old_logs),
    Periodic("begin_birthdays", timedelta(minutes=10), celebrate_birthdays),
    Periodic("keep_custom_field_indexes", timedelta(minutes=2), keep_custom_field_indexes),
]


async def schedule(core: Core, stop: asyncio.Event) -> None:
    """Leads when nobody else does, until `stop`."""
    await lead(core, PERIODICS, stop)
