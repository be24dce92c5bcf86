"""From the log of facts to deliveries: in order, in sets, each fact exactly once; silent facts start nothing."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.outgoing_webhooks import store
from tidings.outgoing_webhooks.claims import CHANNEL
from tidings.outgoing_webhooks.forms import Form, form_named
from tidings.outgoing_webhooks.types import Happening
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.facts import Recorded, has_reader, read_batch

READER = "outgoing_webhooks"
BATCH = 1000


async def enqueue_deliveries(core: Core, *, limit: int = BATCH) -> int:
    """Reads the next facts and makes deliveries of them; answers how many facts. Several processes take turns.

    Reading begins with the first endpoint: until then nothing is read. The statements of a batch do not depend on how
    many facts or endpoints there are.
    """
    if not await has_reader(core.db, READER):
        return 0

    async def handle(tx: Connection, facts: Sequence[Recorded]) -> None:
        await _enqueue(core, tx, facts)

    return await read_batch(core.db, READER, handle, limit=limit)


async def _enqueue(core: Core, tx: Connection, facts: Sequence[Recorded]) -> None:
    # form -> event -> endpoints
    listeners: dict[str, dict[str, list[int]]] = {}
    for row in await tx.fetch(store.sql.listeners):
        for event in row["events"]:
            listeners.setdefault(row["form"], {}).setdefault(event, []).append(row["id"])
    told: list[tuple[Form, Happening]] = []
    for name, chosen in listeners.items():
        # Raises where nobody registered it: what is read without its words would never be told.
        form = form_named(name)
        loud = [one for one in facts if one.kind in form.fact_kinds and not one.is_silent]
        happenings = await form.tell(core, loud) if loud else []
        told += [(form, one) for one in _each_once(happenings) if one.kind in chosen]
    if told:
        await _write(core, tx, told, listeners)


def _each_once(happenings: Sequence[Happening]) -> list[Happening]:
    """The first of those with one name: what a change sets off beside it is the same happening."""
    found: dict[str, Happening] = {}
    for one in happenings:
        found.setdefault(one.once, one)
    return list(found.values())


async def _write(
    core: Core, tx: Connection, told: Sequence[tuple[Form, Happening]], listeners: dict[str, dict[str, list[int]]]
) -> None:
    numbers = [row["id"] for row in await tx.fetch(store.sql.take_numbers, len(told))]
    pairs = [
        (number, endpoint)
        for number, (form, one) in zip(numbers, told, strict=True)
        for endpoint in listeners[form.name][one.kind]
    ]
    await tx.execute(
        store.sql.enqueue,
        numbers,
        [form.name for form, _ in told],
        [one.kind for _, one in told],
        [one.once for _, one in told],
        [one.contact_id for _, one in told],
        [one.at for _, one in told],
        [form.body(number, one) for number, (form, one) in zip(numbers, told, strict=True)],
        [number for number, _ in pairs],
        [endpoint for _, endpoint in pairs],
        core.clock.now(),
    )
    await tx.execute(f"NOTIFY {CHANNEL}")
