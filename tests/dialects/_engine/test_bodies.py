"""Reading bodies and bracket names, whatever a client sends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.dialects._engine import bodies
from tidings.dialects._engine.calls import Request, Upload
from tidings.dialects._engine.mount import MalformedBody


def request(body: bytes, kind: str = "application/json") -> Request:
    return Request("POST", "/", "", {"content-type": kind}, body, "127.0.0.1", "http")


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("a=1&b=&c", {"a": "1", "b": "", "c": ""}),
        ("tags[]=1&tags[]=2", {"tags": ["1", "2"]}),
        ("a[0]=x&a[1]=y", {"a": ["x", "y"]}),
        ("a[1]=y&a[0]=x", {"a": {"1": "y", "0": "x"}}),
        ("a[k][]=1&a[k][]=2&a[l]=3", {"a": {"k": ["1", "2"], "l": "3"}}),
        ("rows[0][list]=1&rows[0][tag]=all", {"rows": [{"list": "1", "tag": "all"}]}),
        ("rows[][list]=1&rows[][list]=2", {"rows": [{"list": "1"}, {"list": "2"}]}),
        ("a=1&a=2", {"a": "2"}),
        ("a=1&a[]=2", {"a": ["2"]}),
        ("a[]=1&a=2", {"a": "2"}),
        ("[]=1", {"[]": "1"}),
        ("a%5B%5D=%C3%BC", {"a": ["ü"]}),
    ],
)
def test_bracket_names_nest_as_php_reads_them(query: str, tree: dict[str, Any]):
    assert bodies.nest(list(bodies.pairs_of_query(query))) == tree


def test_what_is_too_deep_or_too_many_is_refused():
    deepest = "a" + "[x]" * (bodies.MAX_DEPTH - 1)
    assert bodies.nest([(deepest, "1")])
    with pytest.raises(MalformedBody):
        bodies.nest([(deepest + "[x]", "1")])
    with pytest.raises(MalformedBody):
        bodies.pairs_of_query("&".join("a=1" for _ in range(bodies.MAX_FIELDS + 1)))


@given(st.lists(st.tuples(st.text(alphabet="ab[]0", max_size=12), st.text(max_size=3)), max_size=12))
def test_no_names_break_the_nesting(pairs: list[tuple[str, str]]):
    tree = bodies.nest(list(pairs))
    assert len(tree) <= len(pairs)


def test_json_is_read_whole_or_not_at_all():
    assert bodies.json_body(request(b"")) is None
    assert bodies.json_body(request(b" \n")) is None
    assert bodies.json_body(request('{"ü": [1, 2.5, null]}'.encode())) == {"ü": [1, 2.5, None]}
    for broken in (b"{", b'{"a": NaN}', b'{"a":1}x', b"\xff\xfe", b"[" * 100_000):
        with pytest.raises(MalformedBody):
            bodies.json_body(request(broken))


def test_forms_carry_texts_and_files():
    assert bodies.form_pairs(request(b"a=1&b=%20", "application/x-www-form-urlencoded")) == [("a", "1"), ("b", " ")]
    assert bodies.form_pairs(request(b"a=%ff\xff", "application/x-www-form-urlencoded"))
    parts = (
        b'--x\r\nContent-Disposition: form-data; name="note[title]"\r\n\r\nHi\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\nemail\n\r\n--x--\r\n'
    )
    pairs = bodies.form_pairs(request(parts, "multipart/form-data; boundary=x"))
    assert pairs == [("note[title]", "Hi"), ("file", Upload("a.csv", "text/csv", b"email\n"))]
    for broken, kind in (
        (parts[:-12], "multipart/form-data; boundary=x"),
        (parts, "multipart/form-data"),
        (parts, "multipart/form-data; boundary=other"),
    ):
        with pytest.raises(MalformedBody):
            bodies.form_pairs(request(broken, kind))
