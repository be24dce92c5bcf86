"""What may be a smart link: a title, and an address that is one of the web."""

from __future__ import annotations

import pytest

from tidings.platform.errors import Invalid
from tidings.smart_links.rules import checked, is_web_address
from tidings.smart_links.types import LinkDraft


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("https://shop.test/sale?a=1#top", True),
        ("http://shop.test", True),
        ("https://shop.test/{{contact.first_name}}", True),
        ("https://shop.test/?e={{contact.email | x}}", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        ("//shop.test/", False),
        ("https://", False),
        ("https:///path", False),
        ("https://[broken", False),
        ("https://a.test\\@b.test", False),
        ("https://shop.test/\r\nset-cookie: a=b", False),
        ("ftp://shop.test/", False),
        ("", False),
        ("https://shop.test/" + "x" * 2000, False),
    ],
)
def test_only_addresses_of_the_web_are_taken(url: str, is_right: bool):
    draft = LinkDraft("x", url)
    if is_right:
        checked(draft)
        return
    with pytest.raises(Invalid) as caught:
        checked(draft)
    assert list(caught.value.fields) == ["target_url"]


def test_a_filled_in_address_is_looked_at_again():
    assert is_web_address("https://shop.test/Ada")
    assert not is_web_address("https://shop.test/Ada Lovelace")


def test_a_title_is_needed_and_bounded():
    for title in ("", "<b></b>", "x" * 200):
        with pytest.raises(Invalid) as caught:
            checked(LinkDraft(title, "https://shop.test"))
        assert list(caught.value.fields) == ["title"]
