"""Which address the portal may have."""

from __future__ import annotations

import pytest

from tidings.app import DOORS, door_of
from tidings.platform.core import Core
from tidings.platform.errors import Invalid
from tidings.portal.actions import choose_address
from tidings.portal.queries import leads_to_portal, portal_address
from tidings.portal.rules import TAKEN, checked_address
from tidings.ui import app as ui


def test_every_address_of_the_interface_and_of_the_doors_is_taken(core: Core):
    firsts = {route.path.split("/")[1] for route in ui.build(core).routes}
    plain = {one for one in firsts if one and one.replace("-", "").isalnum()}
    assert {"contacts", "settings", "login"} < plain
    assert sorted(plain - TAKEN - {"wp-admin"}) == []
    doors = {door_of(f"/{one}/x", b"") for one in ("api/v1", "v1", "p", "t", "u", "wp-json", "portal")}
    assert doors == DOORS.keys() - {"ui"}
    for one in ("api", "v1", "p", "t", "u", "wp-json", "wp-admin", "contacts"):
        with pytest.raises(Invalid) as refused:
            checked_address(one)
        assert list(refused.value.fields) == ["address"]


@pytest.mark.parametrize("text", ["", "a b", "a/b", "-a", "a-", "x" * 61, "<i>", "ä", "..", "a.b"])
def test_an_address_is_one_plain_part_of_a_path(text: str):
    with pytest.raises(Invalid):
        checked_address(text)
    assert checked_address(" /My-Books/ ") == "my-books"


async def test_the_chosen_address_is_found_and_no_setting_takes_one_of_the_interface(core: Core):
    assert (await portal_address(core), await leads_to_portal(core, "/members")) == ("portal", False)
    await choose_address(core, "members")
    found = [
        await leads_to_portal(core, path) for path in ("/members", "/members/mails", "/membersx", "/", "/x/members")
    ]
    assert found == [True, True, False, False, False]
    # By the command line any text can be set.
    await core.installation.put({"portal_address": "contacts"})
    assert not await leads_to_portal(core, "/contacts")
