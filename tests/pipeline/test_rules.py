"""Checks of stages and their order, without a database."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.pipeline import rules
from tidings.platform.errors import Invalid


def test_a_stage_is_cleaned():
    given_ = {"title": " <b>Lead</b> ", "color": "#ABCDEF", "outcome": "won"}
    assert rules.checked_stage(given_) == {"title": "Lead", "color": "#abcdef", "outcome": "won"}
    assert rules.checked_stage({"color": None}) == {"color": rules.DEFAULT_COLOR}
    assert rules.checked_stage({}) == {}


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"title": " "}, {"title"}),
        ({"title": None}, {"title"}),
        ({"title": "x" * 81}, {"title"}),
        ({"color": "red"}, {"color"}),
        ({"color": "#12345"}, {"color"}),
        ({"outcome": "maybe"}, {"outcome"}),
        ({"title": "", "color": "x", "outcome": "y"}, {"title", "color", "outcome"}),
    ],
)
def test_every_bad_field_of_a_stage_is_named(values: dict[str, Any], fields: set[str]):
    with pytest.raises(Invalid) as error:
        rules.checked_stage(values)
    assert set(error.value.fields) == fields


def test_a_note_has_an_end():
    assert rules.checked_note(" called\x00 ") == "called"
    with pytest.raises(Invalid, match="note"):
        rules.checked_note("x" * 2001)


@given(st.lists(st.integers(), min_size=1, unique=True), st.integers(-5, 60), st.data())
def test_moving_one_keeps_the_order_of_the_others(order: list[int], position: int, data: st.DataObject):
    one = data.draw(st.sampled_from(order))
    moved = rules.moved_to(order, one, position)
    assert [other for other in moved if other != one] == [other for other in order if other != one]
    assert moved.index(one) == max(0, min(position, len(order) - 1))
