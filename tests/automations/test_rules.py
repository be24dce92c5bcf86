"""The rules alone: order, waits over changes of the clock, birthdays, goals, lots."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.automations import rules
from tidings.automations.changes import changed_value
from tidings.automations.types import Step

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]
)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
INSTANTS = st.integers(946_684_800, 2_840_140_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def step(number: int, kind: str = "add_tags", parent: int | None = None, branch: Any = "", **params: Any) -> Step:
    return Step(number, 1, parent, branch, kind, kind, None, params, {}, None, number, None, None, NOW, NOW)


FLOW = rules.graph_of(
    [
        step(1),
        step(2, "condition"),
        step(3, parent=2, branch="yes"),
        step(4, "wait", parent=2, branch="yes", how="for", amount=1, unit="days"),
        step(5, parent=2, branch="no"),
        step(6, "goal", is_required=False),
        step(7),
    ]
)


def test_a_way_is_gone_to_its_end_and_then_on_behind_what_branches():
    assert FLOW.first() == 1
    assert [FLOW.after(1), FLOW.after(2, "yes"), FLOW.after(3), FLOW.after(4)] == [2, 3, 4, 6]
    assert [FLOW.after(2, "no"), FLOW.after(5), FLOW.after(7)] == [5, 6, None]


def test_a_branch_without_steps_leads_on_at_once():
    graph = rules.graph_of([step(1, "condition"), step(2, parent=1, branch="yes"), step(3)])
    assert graph.after(1, "no") == 3


def test_whoever_jumps_to_a_goal_leaves_out_what_stands_between_but_not_the_ways_beside():
    assert FLOW.passed(1, 6) == [1, 2]
    assert FLOW.passed(3, 6) == [3, 4]
    assert FLOW.passed(7, 6) == []
    inside = rules.graph_of([step(1), step(2, "condition"), step(3, parent=2, branch="no"), step(4, "goal", 2, "no")])
    assert inside.passed(1, 4) == [1, 2, 3]


def test_optional_goals_are_passed_in_what_comes_next():
    assert FLOW.upcoming(6) == 7
    assert FLOW.upcoming(5) == 5
    assert FLOW.upcoming(None) is None


def test_a_deleted_step_leads_to_the_nearest_that_is_left():
    assert rules.survivor(FLOW, 3, {1, 5, 7}) == 7
    assert rules.survivor(FLOW, 3, {4, 7}) == 4
    assert rules.survivor(FLOW, 7, {1}) is None


def test_a_graph_bears_rows_whose_parent_is_gone_or_does_not_branch():
    graph = rules.graph_of([step(1), step(2, parent=1, branch="yes"), step(3, parent=99, branch="no")])
    assert list(graph.steps) == [1]


def test_fixed_waits_add_up_and_branches_count_with_their_longest_way():
    assert rules.delays(FLOW) == {1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 86400, 7: 86400}


@st.composite
def graphs(draw: st.DrawFn) -> rules.Graph:
    steps: list[Step] = []
    for number in range(1, draw(st.integers(1, 14)) + 1):
        parents = [one.id for one in steps if one.kind == "condition"]
        parent = draw(st.sampled_from([None, *parents]))
        branch = draw(st.sampled_from(["yes", "no"])) if parent is not None else ""
        steps.append(step(number, draw(st.sampled_from(["condition", "add_tags"])), parent, branch))
    return rules.graph_of(steps)


@given(graphs(), st.data())
def test_every_way_through_every_graph_ends_and_only_goes_forward(graph: rules.Graph, data: st.DataObject):
    here, places = graph.first(), []
    while here is not None:
        places.append(graph.steps[here].position)
        branch = data.draw(st.sampled_from(["yes", "no"])) if graph.steps[here].kind == "condition" else ""
        here = graph.after(here, branch)
    assert len(places) == len(set(places)) <= len(graph.steps)


@given(graphs(), st.data())
def test_nobody_is_lost_by_deleting_steps(graph: rules.Graph, data: st.DataObject):
    kept = set(data.draw(st.lists(st.sampled_from(sorted(graph.steps)))))
    for one in graph.steps:
        found = rules.survivor(graph, one, kept)
        assert found is None or found in kept
        assert one not in kept or found == one


WORKING = {"how": "for", "skips_weekends": True}
WINDOW = {"how": "window", "days": [0], "opens": "09:00", "closes": "17:00", "zone": "Europe/Berlin"}
WAITS = st.fixed_dictionaries(
    {
        "how": st.sampled_from(["for", "until", "weekday", "field", "nonsense"]),
        "amount": st.one_of(st.integers(-5, 200_000), st.text(max_size=5), st.none()),
        "unit": st.sampled_from([*rules.UNITS, "years"]),
        "at": st.one_of(st.text(max_size=30), INSTANTS.map(str)),
        "days": st.lists(st.sampled_from([*rules.WEEKDAYS, "Xyz"])),
        "time": st.one_of(st.text(max_size=6), st.times().map(lambda t: f"{t.hour:02}:{t.minute:02}")),
        "field": st.sampled_from([rules.BIRTHDAY, "renewal"]),
        "skips_weekends": st.booleans(),
    }
)
BORN = st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2026, 1, 1)))


@given(WAITS, INSTANTS, ZONES, st.one_of(st.none(), st.text(max_size=20), st.dates().map(str)), BORN)
def test_no_wait_ends_before_it_begins_or_never(params: Any, now: datetime, zone: str, value: Any, born: Any):
    due = rules.due_after(params, now, ZoneInfo(zone), value=value, born=born)
    assert now <= due <= now + rules.LONGEST


@given(st.lists(st.sampled_from(rules.WEEKDAYS), min_size=1), st.integers(0, 23), INSTANTS, ZONES)
def test_a_wait_for_weekdays_ends_on_one_of_them_within_eight_days(
    days: list[str], hour: int, now: datetime, zone: str
):
    params = {"how": "weekday", "days": days, "time": f"{hour:02}:00"}
    due = rules.due_after(params, now, ZoneInfo(zone)).astimezone(ZoneInfo(zone))
    assert now < due <= now + timedelta(days=8, hours=2)
    # A day that a zone leaves out altogether (Apia, 30 December 2011) has no such time.
    if zone != "Pacific/Apia":
        assert rules.WEEKDAYS[due.weekday()] in days


@pytest.mark.parametrize(
    ("params", "now", "due"),
    [
        ({"how": "for", "amount": 2, "unit": "days"}, "2026-03-28T02:30+01:00", "2026-03-30T02:30+02:00"),
        ({"how": "for", "amount": 1, "unit": "days"}, "2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00"),
        ({"how": "for", "amount": 1, "unit": "days"}, "2026-10-24T02:30+02:00", "2026-10-25T02:30+02:00"),
        ({"how": "for", "amount": 24, "unit": "hours"}, "2026-03-28T12:00+01:00", "2026-03-29T13:00+02:00"),
        ({"how": "for", "amount": 1, "unit": "months"}, "2027-01-31T09:00+01:00", "2027-02-28T09:00+01:00"),
        ({"how": "for", "amount": 90, "unit": "minutes"}, "2026-11-20T12:00+01:00", "2026-11-20T13:30+01:00"),
        ({"how": "until", "at": "2026-12-24 18:00"}, "2026-11-20T12:00+01:00", "2026-12-24T18:00+01:00"),
        ({"how": "until", "at": "2020-12-24 18:00"}, "2026-11-20T12:00+01:00", "2026-11-20T12:00+01:00"),
        ({"how": "weekday", "days": ["Fri"], "time": "15:00"}, "2026-11-20T12:00+01:00", "2026-11-20T15:00+01:00"),
        ({"how": "weekday", "days": ["Fri"], "time": "09:00"}, "2026-11-20T12:00+01:00", "2026-11-27T09:00+01:00"),
        # 20 November 2026 is a Friday
        ({**WORKING, "amount": 1, "unit": "days"}, "2026-11-20T12:00+01:00", "2026-11-23T12:00+01:00"),
        ({**WORKING, "amount": 6, "unit": "days"}, "2026-11-20T12:00+01:00", "2026-11-30T12:00+01:00"),
        ({**WORKING, "amount": 1, "unit": "days"}, "2026-11-21T12:00+01:00", "2026-11-23T12:00+01:00"),
        ({**WORKING, "amount": 5, "unit": "hours"}, "2026-11-20T12:00+01:00", "2026-11-20T17:00+01:00"),
        ({**WORKING, "amount": 20, "unit": "hours"}, "2026-11-20T12:00+01:00", "2026-11-23T08:00+01:00"),
        # another zone than the installation's: Friday 23:00 in New York is Saturday here
        (
            {**WORKING, "amount": 1, "unit": "hours", "zone": "America/New_York"},
            "2026-11-21T04:30+01:00",
            "2026-11-21T05:30+01:00",
        ),
        (WINDOW, "2026-11-20T12:00+01:00", "2026-11-23T09:00+01:00"),
        (WINDOW, "2026-11-23T16:59+01:00", "2026-11-23T16:59+01:00"),
        (WINDOW, "2026-11-23T17:00+01:00", "2026-11-30T09:00+01:00"),
    ],
)
def test_waits_go_by_the_clock_on_the_wall(params: dict[str, Any], now: str, due: str):
    assert rules.due_after(params, datetime.fromisoformat(now), BERLIN) == datetime.fromisoformat(due)


def test_a_wait_for_a_field_ends_on_its_day_or_in_a_minute():
    params = {"how": "field", "field": "renewal"}
    assert rules.due_after(params, NOW, BERLIN, value="2026-12-01") == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert rules.due_after(params, NOW, BERLIN, value="2020-12-01") == NOW + rules.SOON
    assert rules.due_after(params, NOW, BERLIN, value=None) == NOW + rules.SOON
    birthday = {"how": "field", "field": rules.BIRTHDAY}
    assert rules.due_after(birthday, NOW, ZoneInfo("UTC"), born=date(1984, 2, 29)) == datetime(2027, 2, 28, tzinfo=UTC)
    assert rules.due_after(birthday, NOW, BERLIN) == NOW + rules.SOON


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.integers(2000, 2100))
def test_everybody_has_one_birthday_a_year(born: date, year: int):
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    celebrated = [day for day in days if day.year == year and (born.month, born.day) in rules.born_on(day)]
    assert celebrated == [rules.birthday_in(born, year)]


@given(st.dates(date(2000, 1, 2), date(2050, 1, 1)), st.times(), ZONES)
def test_a_wall_time_is_met_unless_clocks_leave_it_out(day: date, clock: time, zone: str):
    clock = clock.replace(microsecond=0)
    met = rules.at_wall(day, clock, ZoneInfo(zone)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert met == datetime.combine(day, clock) or timedelta(0) < met - datetime.combine(day, clock) <= timedelta(days=1)


def test_a_split_is_by_lot_in_its_shares_and_remembered():
    ways = [rules.split_branch(7, contact, 30) for contact in range(10_000)]
    assert ways == [rules.split_branch(7, contact, 30) for contact in range(10_000)]
    assert 0.27 < ways.count("yes") / len(ways) < 0.33
    assert {rules.split_branch(7, contact, 0) for contact in range(100)} == {"no"}
    assert {rules.split_branch(7, contact, 100) for contact in range(100)} == {"yes"}


@pytest.mark.parametrize(
    ("stored", "operation", "given_", "now_is"),
    [
        ("old", "replace", "new", "new"),
        (5, "add", "2", 7),
        (None, "subtract", "2.5", -2.5),
        (["a"], "add", ["a", "b"], ["a", "b"]),
        (["a", "b"], "remove", ["a"], ["b"]),
        (None, "replace", "current_date", "2026-11-20"),
    ],
)
def test_fields_are_replaced_reckoned_with_and_added_to(stored: Any, operation: str, given_: Any, now_is: Any):
    assert changed_value(stored, operation, given_, now=NOW) == now_is


def test_what_is_no_number_is_not_reckoned_with():
    with pytest.raises(ValueError, match="not a number"):
        changed_value("many", "add", "1", now=NOW)
