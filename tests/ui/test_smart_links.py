"""Smart links as pages: made, changed, their address and counts, deleted."""

from __future__ import annotations

from tests.conftest import StatementCounter
from tests.ui.door import Door
from tidings.contacts import actions as contacts
from tidings.platform import modules
from tidings.platform.core import Core
from tidings.smart_links import actions, queries
from tidings.smart_links.types import LinkDraft

HTMX = {"hx-request": "true"}


async def test_one_is_made_changed_counted_and_deleted(core: Core, door: Door):
    news, tag = await contacts.create_list(core, title="News"), await contacts.create_tag(core, title="Keen")
    assert "No smart links yet" in (await door.client.get("/smart-links")).text
    assert "<html" not in (await door.client.get("/smart-links/new", headers=HTMX)).text
    refused = await door.post("/smart-links/new", {"title": " ", "target_url": "javascript:alert(1)"})
    assert refused.status_code == 422
    assert 'id="title-error"' in refused.text
    assert 'id="target_url-error"' in refused.text
    offer = {"title": "Offer", "target_url": "https://a.co/?q=1&r={{contact.email}}"}
    made = await door.post("/smart-links/new", {**offer, "tags": str(tag), "remove_lists": [str(news), "99"]})
    assert (made.status_code, made.headers["location"]) == (303, "/smart-links")
    one = await queries.link_by_id(core, 1)
    assert (list(one.tag_ids), list(one.remove_list_ids), one.user_id) == ([tag], [news], 1)
    await actions.follow(core, one, None)
    page = (await door.client.get("/smart-links?q=off")).text
    assert f"route=smart_url&amp;slug={one.slug}" in page
    assert "Keen" in page
    sheet = (await door.client.get("/smart-links/1", headers=HTMX)).text
    assert f'id="remove_lists-{news}" name="remove_lists" value="{news}" checked' in sheet
    await core.db.execute("UPDATE smart_links SET signs_in = true")
    assert (await door.post("/smart-links/1", {**offer, "title": "Later", "notes": "June"})).status_code == 303
    one = await queries.link_by_id(core, 1)
    assert (one.title, list(one.tag_ids), one.notes, one.signs_in, one.clicks) == ("Later", [], "June", True, 1)
    assert (await door.post("/smart-links/1", {**offer, "title": ""})).status_code == 422
    assert "No smart link is like that" in (await door.client.get("/smart-links?q=zebra")).text
    await modules.switch(core, {"smart_links": False})
    assert "switched off" in (await door.client.get("/smart-links")).text
    await door.post("/smart-links/1/delete", {})
    assert (await door.client.get("/smart-links/1")).status_code == 404
    assert (await door.post("/smart-links/1/delete", {})).status_code == 404


async def test_the_table_costs_the_same_and_is_for_those_who_may(core: Core, door: Door, statements: StatementCounter):
    await actions.create_link(core, LinkDraft("One", "https://a.co"))
    await door.client.get("/smart-links?sort=clicks")
    with statements as few:
        await door.client.get("/smart-links?sort=clicks")
    for n in range(3):
        await actions.create_link(core, LinkDraft(f"More {n}", "https://a.co"))
    with statements as many:
        await door.client.get("/smart-links?sort=clicks")
    assert many.count == few.count <= 9
    await core.db.execute("UPDATE users SET role = 'editor', permissions = '{fcrm_read_contacts}'")
    for path in ("/smart-links", "/smart-links/new", "/smart-links/1"):
        assert (await door.client.get(path)).status_code == 403
    assert (await door.post("/smart-links/1/delete", {})).status_code == 403
