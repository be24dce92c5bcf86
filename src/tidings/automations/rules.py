"""Pure decisions: the order of steps, waits, goals, branches. Local time is the installation's zone.

A wall time that a change of the clock skips is the moment the clock jumps to; one that comes twice is its first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tidings.automations.types import BRANCHING, GOAL, Step
from tidings.campaigns.windows import next_opening, window_from

# How often one contact may begin one automation in an hour; more is a loop.
BEGINNINGS_PER_HOUR = 10
SOON = timedelta(minutes=1)
MAX_DEPTH = 20
LONGEST = timedelta(days=3660)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
UNITS = ("months", "days", "hours", "minutes")
SATURDAY = 5
BIRTHDAY = "__date_of_birth__"


@dataclass(frozen=True, slots=True)
class Graph:
    """The steps of an automation with their order. Made by `graph_of`."""

    steps: Mapping[int, Step]
    rows: Mapping[tuple[int | None, str], Sequence[int]] = field(repr=False)

    def first(self) -> int | None:
        """Where everybody begins."""
        top = self.rows.get((None, ""), ())
        return top[0] if top else None

    def after(self, step_id: int, branch: str = "") -> int | None:
        """The step that follows: the first of the way taken, else the next beside it, else the one after its parent."""
        inside = self.rows.get((step_id, branch), ()) if branch else ()
        if inside:
            return inside[0]
        step = self.steps[step_id]
        while True:
            beside = self.rows[step.parent_id, step.branch]
            place = beside.index(step.id) + 1
            if place < len(beside):
                return beside[place]
            if step.parent_id is None:
                return None
            step = self.steps[step.parent_id]

    def passed(self, start: int | None, goal: int) -> list[int]:
        """The steps from `start` up to but without `goal` that somebody who jumps to it leaves out; ways that branch
        off are not walked."""
        found: list[int] = []
        here = start
        while here is not None and here != goal and self.steps[here].position < self.steps[goal].position:
            found.append(here)
            inside = self._way_to(here, goal)
            here = self.after(here, inside)
        return found

    def _way_to(self, step_id: int, goal: int) -> str:
        step = self.steps[goal]
        while step.parent_id is not None:
            if step.parent_id == step_id:
                return step.branch
            step = self.steps[step.parent_id]
        return ""

    def upcoming(self, step_id: int | None) -> int | None:
        """The next step that does something: optional goals are only passed."""
        while step_id is not None and is_optional_goal(self.steps[step_id]):
            step_id = self.after(step_id)
        return step_id


def graph_of(steps: Sequence[Step]) -> Graph:
    """The graph of steps in any order. A step whose parent is gone or does not branch is left out."""
    by_id = {step.id: step for step in steps}
    rows: dict[tuple[int | None, str], list[int]] = {}
    for step in sorted(steps, key=lambda one: (one.position, one.id)):
        parent = by_id.get(step.parent_id) if step.parent_id is not None else None
        if step.parent_id is None or (parent is not None and parent.kind in BRANCHING):
            rows.setdefault((step.parent_id, step.branch if step.parent_id is not None else ""), []).append(step.id)
    known = {one for row in rows.values() for one in row}
    return Graph({one: by_id[one] for one in by_id if one in known}, rows)


def is_optional_goal(step: Step) -> bool:
    """Whether a run that does not meet the goal goes on."""
    return step.kind == GOAL and not step.params.get("is_required")


def survivor(graph: Graph, step_id: int | None, kept: set[int]) -> int | None:
    """Where a run that stood at a deleted step goes: to the nearest following step that is still there."""
    seen: set[int] = set()
    while step_id is not None and step_id not in kept:
        if step_id in seen or step_id not in graph.steps:
            return None
        seen.add(step_id)
        step_id = graph.after(step_id)
    return step_id


def delays(graph: Graph) -> dict[int, int]:
    """Seconds of fixed waiting before each step, counted from the beginning (fluentcrm.md §6.5: months count 30 days)."""
    found: dict[int, int] = {}

    def walk(row: Sequence[int], before: int) -> int:
        for one in row:
            found[one] = before
            step = graph.steps[one]
            if step.kind == "wait" and step.params.get("how", "for") == "for":
                before += fixed_seconds(step.params)
            longest = before
            for branch in ("yes", "no"):
                longest = max(longest, walk(graph.rows.get((one, branch), ()), before))
            before = longest
        return before

    walk(graph.rows.get((None, ""), ()), 0)
    return found


def fixed_seconds(params: Mapping[str, Any]) -> int:
    """Seconds of a wait for an amount of time."""
    seconds = {"months": 30 * 86400, "days": 86400, "hours": 3600, "minutes": 60}
    return _amount(params) * seconds.get(str(params.get("unit")), 86400)


def _amount(params: Mapping[str, Any]) -> int:
    try:
        return max(0, min(int(params.get("amount") or 0), 100_000))
    except (TypeError, ValueError):
        return 0


def due_after(
    params: Mapping[str, Any], now: datetime, zone: ZoneInfo, *, value: object = None, born: date | None = None
) -> datetime:
    """When a wait ends (fluentcrm.md §6.5), never before `now` and at most ten years ahead.

    `value` is what the contact's field of a wait for a field holds, `born` its date of birth.
    """
    zone = ZoneInfo(params["zone"]) if params.get("zone") else zone
    match params.get("how", "for"):
        case "until":
            found = _instant(params.get("at"), zone)
            due = now if found is None else found
        case "weekday":
            due = _next_weekday(params, now, zone)
        case "field":
            due = _field_due(params, now, zone, value, born)
        case "window":
            due = next_opening(window_from(params), now)
        case _:
            due = _after_amount(params, now, zone)
            if params.get("skips_weekends"):
                due = _on_working_days(params, now, due, zone)
    return max(now, min(due, now + LONGEST))


def _after_amount(params: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> datetime:
    amount, unit = _amount(params), params.get("unit")
    if unit in ("hours", "minutes"):
        return now + timedelta(**{unit: amount})
    local = now.astimezone(zone)
    if unit == "months":
        amount = min(amount, 120)
        months = local.year * 12 + local.month - 1 + amount
        day = min(local.day, _month_length(months // 12, months % 12 + 1))
        return at_wall(date(months // 12, months % 12 + 1, day), local.time(), zone)
    return at_wall(local.date() + timedelta(days=min(amount, LONGEST.days)), local.time(), zone)


def _on_working_days(params: Mapping[str, Any], now: datetime, due: datetime, zone: ZoneInfo) -> datetime:
    """The end of a wait that Saturdays and Sundays do not count for; hours that end on one are due on Monday then."""
    start, end = now.astimezone(zone), due.astimezone(zone)
    day = end.date()
    if params.get("unit") == "days":
        day, left = start.date(), _amount(params)
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < SATURDAY
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return due if day == end.date() else at_wall(day, end.time(), zone)


def _month_length(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def at_wall(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant at which clocks in `zone` show this; see the head of the module for days the clock changes."""
    wall = datetime.combine(day, clock.replace(tzinfo=None, fold=0), zone)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    # The hour does not exist: the offsets before and after the gap enclose the jump.
    before, after = wall.utcoffset() or timedelta(0), wall.replace(fold=1).utcoffset() or timedelta(0)
    low, high = wall.replace(tzinfo=UTC) - max(before, after), wall.replace(tzinfo=UTC) - min(before, after)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset():
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def clock_of(text: object) -> time:
    """HH:MM as a wall time; midnight when it is none."""
    try:
        return time.fromisoformat(str(text or "").strip()).replace(tzinfo=None)
    except ValueError:
        return time(0)


def _next_weekday(params: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> datetime:
    wanted = {WEEKDAYS.index(day) for day in params.get("days") or () if day in WEEKDAYS}
    if not wanted:
        return now
    clock, today = clock_of(params.get("time")), now.astimezone(zone).date()
    for ahead in range(8):
        day = today + timedelta(days=ahead)
        due = at_wall(day, clock, zone)
        if day.weekday() in wanted and due > now:
            return due
    return at_wall(today + timedelta(days=7), clock, zone)


def _field_due(params: Mapping[str, Any], now: datetime, zone: ZoneInfo, value: object, born: date | None) -> datetime:
    if params.get("field") == BIRTHDAY:
        due = next_birthday(born, now, zone) if born else None
    else:
        due = _instant(value, zone)
    return due if due is not None and due > now else now + SOON


def next_birthday(born: date, now: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the next birthday after today; who was born on 29 February has it on the 28th of other years."""
    today = now.astimezone(zone).date()
    day = birthday_in(born, today.year)
    if day <= today:
        day = birthday_in(born, today.year + 1)
    return at_wall(day, time(0), zone)


def birthday_in(born: date, year: int) -> date:
    """The birthday in a year."""
    return date(year, 2, 28) if (born.month, born.day) == (2, 29) and not _is_leap(year) else born.replace(year=year)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def born_on(today: date) -> list[tuple[int, int]]:
    """(month, day) of everybody whose birthday is today."""
    days = [(today.month, today.day)]
    if (today.month, today.day) == (2, 28) and not _is_leap(today.year):
        days.append((2, 29))
    return days


def _instant(value: object, zone: ZoneInfo) -> datetime | None:
    """An instant of a stored date or date and time, local unless it says otherwise; None when it is none."""
    try:
        found = datetime.fromisoformat(str(value or "").strip())
        if not 1000 <= found.year < 9999:
            return None
        return found.astimezone(UTC) if found.tzinfo else at_wall(found.date(), found.time(), zone)
    except (ValueError, OverflowError):
        return None


def split_branch(step_id: int, contact_id: int, share_a: int) -> str:
    """The way of a split: `yes` (A) for `share_a` of a hundred, by lot but the same for a contact at every pass."""
    lot = hashlib.blake2b(f"{step_id}:{contact_id}".encode(), digest_size=8).digest()
    return "yes" if int.from_bytes(lot) % 100 < share_a else "no"


def is_told(ids: Sequence[int], told: Sequence[int]) -> bool:
    """Whether an event about `told` speaks of at least one of `ids`."""
    return not set(ids).isdisjoint(told)
