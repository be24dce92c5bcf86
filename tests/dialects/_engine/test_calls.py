"""How a handler reads parameters of any spelling, and what shapes make of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tidings.dialects._engine import codecs
from tidings.dialects._engine.calls import (
    MAX_NUMBER,
    Call,
    Request,
    as_ids,
    as_integer,
    as_list,
    as_structure,
    is_true,
    without_zero_bytes,
)
from tidings.dialects._engine.shapes import Field, Shape
from tidings.platform.errors import Invalid


def call(**params: Any) -> Call:
    request = Request("GET", "/", "", {}, b"", "127.0.0.1", "http")
    return Call(cast("Any", None), request, None, {"id": "7"}, params, "test")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        ("5", 5),
        (" -5 ", -5),
        ("05", 5),
        (MAX_NUMBER, MAX_NUMBER),
        *(
            (one, None)
            for one in (
                True,
                False,
                None,
                1.0,
                "1.0",
                "1e3",
                "",
                "x",
                "٣",
                "²",
                MAX_NUMBER + 1,
                "9" * 19,
                "9" * 400,
                [],
                {},
            )
        ),
    ],
)
def test_an_integer_is_digits_that_a_column_holds(value: object, number: int | None):
    assert as_integer(value) == number


def test_lists_and_structures_come_in_many_forms():
    assert as_list(None) == as_list("") == []
    assert as_list("[1, 2]") == as_list([1, 2]) == as_list({"0": 1, "7": 2}) == as_list('{"a": 1, "b": 2}') == [1, 2]
    assert as_list("a") == ["a"]
    assert as_list("[broken") == ["[broken"]
    assert as_list(0) == [0]
    assert as_ids(["1", 1, "x", -1, None, True, 2, [3]]) == [1, 2]
    assert as_structure('{"a": 1}') == {"a": 1}
    assert as_structure('{"a\\u0000": ["\\u0000b"]}') == {"a": ["b"]}
    assert as_structure("[" * 5000) is None
    for none in ("1", '"x"', "null", "x", 5, None):
        assert as_structure(none) is None
    for word in (True, "true", " YES ", "on", 1, "1"):
        assert is_true(word)
    for word in (False, "false", "no", "", 0, "2", None, [], "y"):
        assert not is_true(word)


def test_a_call_reads_its_parameters_leniently():
    one = call(a="x", b=True, c=[1], d="5", e=None, f='{"k": [1]}', g="no", h="")
    assert (one.id(), one.get("a"), "a" in one, "z" in one) == (7, "x", True, False)
    assert [one.text(name) for name in "abcdez"] == ["x", "1", "", "5", "", ""]
    assert (one.integer("d"), one.integer("a"), one.integer("z", 3)) == (5, None, 3)
    assert (one.flag("b"), one.flag("g"), one.flag("h", default=True), one.flag("z", default=True)) == (
        True,
        False,
        True,
        True,
    )
    assert (one.items("c"), one.items("z"), one.ids("d")) == ([1], [], [5])
    assert (one.record("f"), one.record("c"), one.structure("c")) == ({"k": [1]}, {}, [1])


def test_zero_bytes_leave_every_text():
    tree = {"a\0": ["x\0y", {"b": "\0"}], "n": 5}
    assert without_zero_bytes(tree) == {"a": ["xy", {"b": ""}], "n": 5}


SHAPE = Shape(
    "Thing",
    (
        Field("id", "id", codecs.integer, is_writable=False),
        Field("name", "title", codecs.strict_text, is_required=True),
        Field("count", "n", codecs.integer),
        Field("isOpen", "is_open", codecs.boolean),
        Field("at", "at", codecs.instant),
        Field("day", "day", codecs.day),
        Field("more", "more", codecs.record),
        Field("ownerName", "owner.name", codecs.text, is_writable=False),
    ),
)


def test_a_shape_writes_and_reads_its_fields():
    at = datetime(2026, 11, 20, 12, 0, 0, 5, tzinfo=UTC)
    core = SimpleNamespace(
        id=1, title="A", n=2, is_open=True, at=at, day=date(2026, 1, 2), more={}, owner=SimpleNamespace(name="Ada")
    )
    wire = SHAPE.encode(core)
    assert wire == {
        "id": 1,
        "name": "A",
        "count": 2,
        "isOpen": True,
        "at": "2026-11-20T12:00:00Z",
        "day": "2026-01-02",
        "more": {},
        "ownerName": "Ada",
    }
    assert set(SHAPE.schema()["properties"]) == set(wire)
    read = SHAPE.decode({**wire, "at": "2026-11-20T13:00:00+01:00", "count": "2"})
    assert read == {"title": "A", "n": 2, "is_open": True, "at": at.replace(microsecond=0), "day": core.day, "more": {}}
    assert SHAPE.decode({"count": None}, is_partial=True) == {"n": None}
    assert SHAPE.writable == {"name", "count", "isOpen", "at", "day", "more"}


def test_a_shape_names_every_field_that_is_wrong():
    wrong = {"name": 5, "count": "x", "isOpen": "yes", "at": "soon", "day": "2026-02-30", "more": []}
    with pytest.raises(Invalid) as caught:
        SHAPE.decode(wrong)
    assert set(caught.value.fields) == set(wrong)
    for params in ({}, {"name": ""}, {"name": None}):
        with pytest.raises(Invalid) as caught:
            SHAPE.decode(params)
        assert [problem.rule for problem in caught.value.fields["name"]] == ["required"]
