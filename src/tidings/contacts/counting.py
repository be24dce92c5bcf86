"""Whom or what a filter finds and how many there are, exactly: found once and remembered until something changed.

Every statement that changes one of the tables of `_TOLD` leaves a line with its transaction (migration 0018). What was
found keeps the snapshot that it was found in; it is right as long as no line about what it read is visible that this
snapshot did not show.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec

from tidings.contacts import store
from tidings.contacts.codes import without_codes
from tidings.contacts.types import Filter
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.pagination import PageRequest

# Lines are kept for an hour (`workers.scheduler`).
REMEMBERED_FOR = timedelta(minutes=5)
# How many ids from the end of the sort are looked through before everybody is: some hundredths of a second.
_NEAR = 20_000
_READ = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)", re.IGNORECASE)
_TOLD = {"contacts", "contact_lists", "contact_tags", "contact_companies", "contact_events", "lists", "companies"}
_TOLD |= {"users", "campaigns", "messages", "message_links", "form_submissions", "suppressions"}
_TOLD |= {"automation_runs", "automation_metrics"}
# Functions that stand after FROM, and what follows the tables beside which it is read; and what tells changes of a
# contact's opens and clicks.
_NO_TABLES = {"unnest", "jsonb_path_query", "tallies", "message_tallies", "contacts_gone"}
_ACTIVITY = "activity"
_ACTIVE_COLUMNS = re.compile(r"\bc\.(?:soft_bounces|opened_at|clicked_at|mailed_at|active_at)\b")


@dataclass(frozen=True, slots=True)
class _Found:
    value: Any
    seen: str
    until: float


async def count_matching(core: Core, matching: Filter, *, within: timedelta | None = None) -> int:
    """How many contacts match. TimeoutError when counting takes longer than `within`."""
    tally, ways = matching.tally_sql, matching.count_statements()
    if tally and not told_of(tally):
        return await core.db.fetchval(tally, *matching.args)
    return await _remembered(core, [tally] if tally else ways, matching.args, within, told_of(" ".join(ways)))


async def count(core: Core, statements: Sequence[str], args: Sequence[Any], *, within: timedelta | None = None) -> int:
    """What statements count. There may be several for the same number: the one that the planner thinks quickest is
    used. TimeoutError as above."""
    return await _remembered(core, statements, args, within, told_of(" ".join(statements)))


async def ids_of_page(core: Core, statement: str, args: Sequence[Any]) -> list[int]:
    """The ids that a statement selects, in its order."""
    return await _remembered(core, [f"SELECT ARRAY({statement})"], args, None, told_of(statement))


async def numbers(core: Core, statement: str, args: Sequence[Any]) -> list[int]:
    """The numbers that a statement selects as one array."""
    return await _remembered(core, [statement], args, None, told_of(statement))


async def page_and_total(
    core: Core, matching: Filter, column: str, request: PageRequest, order: str
) -> tuple[list[int], int | None]:
    """The ids of a page of contacts and, where reading everybody who matches told it too, how many they are.

    `column` is what `order` sorts by, a plain column of alias `c`. The newest contacts (the oldest, the other way round)
    are looked through first when they are sorted by id: a filter that many match is found there at once. Where ids of
    members are at hand the page is read from these. Else one statement finds the page and the total together, whatever
    it reads for them, unless a quicker one counts nobody.
    """
    n, shown = len(matching.args), (request.per_page, request.offset)
    page = f"{order} LIMIT ${n + 1}::bigint OFFSET ${n + 2}::bigint"
    those = f"SELECT c.id{'' if column == 'c.id' else f', {column}'} FROM contacts c WHERE {matching.sql}"
    together = (
        f"WITH found AS MATERIALIZED ({those}) SELECT array_prepend((SELECT count(*) FROM found),"
        f" ARRAY(SELECT c.id FROM found c {page}))"
    )
    members = f"SELECT ARRAY(SELECT c.id FROM ({matching.members_sql}) c {page})"
    side, end = (">", "max(id) -") if request.is_descending else ("<", "min(id) +")
    near = f"SELECT ARRAY(SELECT c.id FROM contacts c WHERE {matching.sql} AND c.id {side} ${n + 3}::bigint {page})"

    async def find(tx: Connection) -> _Found:
        if column == "c.id" and sum(shown) <= _NEAR:
            edge = await tx.fetchval(f"SELECT coalesce({end} $1::bigint, 0) FROM contacts", _NEAR)
            first = await _found(tx, [near], [*matching.args, *shown, edge])
            if len(first.value) == request.per_page:
                return replace(first, value=[None, *first.value])
        if column == "c.id" and matching.members_sql:
            found = await _found(tx, [members], [*matching.args, *shown])
            return replace(found, value=[None, *found.value])
        if len(statements := matching.count_statements()) > 1:
            counted = await _found(tx, statements, matching.args)
            if not counted.value:
                return replace(counted, value=[0])
        return await _found(tx, [together], [*matching.args, *shown])

    total, *ids = await _kept(core, together, [*matching.args, *shown], told_of(those), find, None)
    return ids, total


def told_of(statement: str) -> frozenset[str]:
    """The kinds of lines that tell of changes of what a statement reads; empty when some changes leave none."""
    tables = {name.lower() for name in _READ.findall(statement)} - _NO_TABLES
    if not tables <= _TOLD:
        return frozenset()
    return frozenset(tables | ({_ACTIVITY} if _ACTIVE_COLUMNS.search(statement) else set()))


async def _remembered(
    core: Core, statements: Sequence[str], args: Sequence[Any], within: timedelta | None, kinds: frozenset[str]
) -> Any:
    async def find(tx: Connection) -> _Found:
        return await _found(tx, statements, args)

    return await _kept(core, statements[0], args, kinds, find, within)


async def _kept(
    core: Core,
    name: str,
    args: Sequence[Any],
    kinds: frozenset[str],
    look: Callable[[Connection], Awaitable[_Found]],
    within: timedelta | None,
) -> Any:
    """What `look` finds, remembered under a statement's text and its values until something of `kinds` changes."""

    async def find() -> _Found:
        async with core.db.reading(within=within) as tx:
            return await look(tx)

    async def is_right(found: _Found) -> bool:
        return found.until > time.monotonic() and await core.db.fetchval(
            store.sql.is_unchanged, found.seen, list(kinds)
        )

    if not kinds:
        return (await find()).value
    # As JSON, in which 1 and true are two keys and a list is one.
    key = ("found", name, msgspec.json.encode(args))
    return (await core.memory.answer(key, is_right=is_right, find=find)).value


async def _found(tx: Connection, statements: Sequence[str], args: Sequence[Any]) -> _Found:
    choices = dict.fromkeys(form for one in statements for form in (one, without_codes(one)))
    costs = {one: await _cost(tx, one, args) for one in choices} if len(choices) > 1 else dict.fromkeys(choices, 0.0)
    return await _seen(tx, min(costs, key=lambda one: costs[one]), args)


async def _seen(tx: Connection, statement: str, args: Sequence[Any]) -> _Found:
    """What a statement finds, with the snapshot that it was found in."""
    # Not fetchrow: with a limit of rows on the wire the server runs a statement on one processor only.
    [row] = await tx.fetch(f"SELECT ({statement}) AS found, pg_current_snapshot()::text AS seen", *args)
    return _Found(row["found"], row["seen"], time.monotonic() + REMEMBERED_FOR.total_seconds())


async def _cost(tx: Connection, statement: str, args: Sequence[Any]) -> float:
    """What the planner thinks a statement costs, in its units."""
    plan = msgspec.json.decode(await tx.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *args))
    return plan[0]["Plan"]["Total Cost"]
