"""Settings of the double opt-in: which are refused, which count for whom."""

from __future__ import annotations

import pytest

from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.messages.optin_settings import (
    OptIn,
    TagRedirect,
    list_opt_in_settings,
    opt_in_settings,
    opt_in_settings_for,
    save_list_opt_in_settings,
    save_opt_in_settings,
)
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (OptIn(subject=" "), "subject"),
        (OptIn(body=""), "body"),
        (OptIn(body="<p>no way to confirm</p>"), "body"),
        (OptIn(message=""), "message"),
        (OptIn(after="redirect", redirect_url="javascript:alert(1)"), "redirect_url"),
        (OptIn(after="redirect", redirect_url="https://a.b/\r\nX: 1"), "redirect_url"),
        (OptIn(uses_tag_redirects=True, tag_redirects=[TagRedirect([1], "data:x")]), "tag_redirects"),
    ],
)
async def test_what_could_not_work_is_refused_and_nothing_is_stored(core: Core, settings: OptIn, field: str):
    with pytest.raises(Invalid) as refused:
        await save_opt_in_settings(core, settings)
    assert list(refused.value.fields) == [field]
    assert await opt_in_settings(core) == OptIn()


@pytest.mark.parametrize("body", ["#activate_link#", "{{crm.activate_button}}", "##crm.activate_button|Yes##"])
async def test_every_spelling_of_the_link_will_do(core: Core, body: str):
    await save_opt_in_settings(core, OptIn(body=body, after="redirect", redirect_url="https://a.b/", message=""))
    assert (await opt_in_settings(core)).body == body


async def test_the_list_assigned_last_with_its_own_settings_wins(core: Core):
    for name in ("one", "two", "three"):
        await core.db.execute("INSERT INTO lists (title, slug) VALUES ($1, $1)", name)
    contact = (await contacts.write_contact(core, Draft({"email": "a@b.example"}, lists=[2]))).id
    await contacts.write_contact(core, Draft({}, id=contact, lists=[1, 3]))
    assert (await opt_in_settings_for(core, contact)).subject == OptIn().subject
    for number in (1, 2, 3):
        await save_list_opt_in_settings(core, number, OptIn(subject=f"List {number}"), follows_global=number == 3)
    assert (await opt_in_settings_for(core, contact)).subject == "List 1"
    kept = await list_opt_in_settings(core, 3)
    assert (kept.follows_global, kept.settings and kept.settings.subject) == (True, "List 3")
    with pytest.raises(NotFound):
        await save_list_opt_in_settings(core, 9, OptIn(), follows_global=True)
    with pytest.raises(NotFound):
        await list_opt_in_settings(core, 9)
