"""HTML that is made safe to show, in bounded time."""

from __future__ import annotations

import pytest

from tidings.platform.errors import Refused
from tidings.platform.markup import MOST_TAGS, cleaned


def test_what_runs_something_goes_and_the_rest_stays():
    assert cleaned('<p onclick="x()">a<script>b()</script> <b>c</b></p>') == "<p>a <b>c</b></p>"


@pytest.mark.parametrize("html", ["<div>" * (MOST_TAGS + 1), "<div>x</y>" * MOST_TAGS, "<" * (MOST_TAGS + 1)])
def test_more_tags_than_anybody_writes_are_refused(html: str):
    with pytest.raises(Refused) as caught:
        cleaned(html)
    assert caught.value.code == "too_many_tags"


def test_many_tags_are_not_too_many():
    assert cleaned("<b>x</b>" * (MOST_TAGS // 2)) == "<b>x</b>" * (MOST_TAGS // 2)
