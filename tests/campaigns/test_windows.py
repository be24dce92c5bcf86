"""When a window opens next, also over changes of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.campaigns.windows import SendingWindow, next_opening

PARIS = ZoneInfo("Europe/Paris")
WORK = SendingWindow(frozenset(range(5)), time(9), time(17, 30), PARIS)


def at(text: str, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-20T12:00", "2026-11-20T12:00"),
        ("2026-11-20T09:00", "2026-11-20T09:00"),
        ("2026-11-20T08:59", "2026-11-20T09:00"),
        ("2026-11-20T17:30", "2026-11-23T09:00"),
        ("2026-11-21T10:00", "2026-11-23T09:00"),
        # the clocks change on 29 March: nine o'clock is an hour earlier in the world
        ("2026-03-28T10:00", "2026-03-30T09:00"),
    ],
)
def test_outside_it_waits_for_the_next_opening(now: str, opens: str):
    assert next_opening(WORK, at(now)) == at(opens)


def test_an_hour_that_is_skipped_opens_after_the_gap():
    night = SendingWindow(frozenset({6}), time(2, 30), None, PARIS)
    opens = next_opening(night, at("2026-03-29T00:00"))
    assert opens == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_one_that_never_opens_is_told():
    for never in (
        SendingWindow(frozenset(), time(9), time(17), PARIS),
        SendingWindow(frozenset({1}), time(9), time(9), PARIS),
    ):
        with pytest.raises(ValueError, match="never"):
            next_opening(never, at("2026-11-20T12:00"))


@given(
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 22),
    st.integers(1, 24),
    st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.integers(1_735_689_600, 1_830_297_600),
)
def test_it_is_open_when_it_says_so_and_never_a_week_away(
    days: frozenset[int], first: int, length: int, zone: str, moment: int
):
    last = min(first + length, 24)
    window = SendingWindow(days, time(first), None if last == 24 else time(last), ZoneInfo(zone))
    now = datetime.fromtimestamp(moment, UTC)
    opens = next_opening(window, now)
    assert now <= opens < now + timedelta(days=8)
    assert opens.astimezone(window.zone).weekday() in days
    assert next_opening(window, opens) == opens
