"""Landing pages in the interface: made, built block by block, previewed, set up, published, counted, deleted."""

from __future__ import annotations

from typing import Any

from tests.conftest import StatementCounter
from tests.ui.door import Door
from tidings.contacts import actions as contacts
from tidings.forms import queries as forms
from tidings.forms.types import Sent
from tidings.pages import actions, queries
from tidings.pages.types import PageDraft
from tidings.platform.core import Core

HTMX = {"hx-request": "true"}
PRESS = {**HTMX, "hx-target": "blocks"}
TWO = {"count": "2", "kind.0": "heading", "text.0": "Spring", "level.0": "1", "align.0": "center", "kind.1": "form"}
WHOLE: dict[str, Any] = {"title": "Spring", "slug": "spring", "font": "system"}


async def test_a_page_is_made_with_a_form_of_its_own_found_and_deleted(core: Core, door: Door):
    news = await contacts.create_list(core, title="News")
    assert "No pages yet" in (await door.client.get("/pages")).text
    sheet = (await door.client.get("/pages/new", headers=HTMX)).text
    assert "<html" not in sheet
    refused = await door.post("/pages/new", {"title": "日本", "form_id": "new"})
    assert refused.status_code == 422
    assert 'id="slug-error"' in refused.text
    made = await door.post("/pages/new", {"title": "Spring & Sun", "form_id": "new", "list_id": str(news)})
    assert made.headers["location"] == "/pages/1"
    page = (await queries.page_by_id(core, 1)).page
    assert (page.slug, page.state, page.list_id, page.form_id) == ("spring-sun", "draft", news, 1)
    assert (await forms.form_by_id(core, 1)).title == "Spring & Sun (spring-sun)"
    taken = await door.post("/pages/new", {"title": "Other", "slug": "spring-sun", "form_id": "new"})
    assert taken.status_code == 422
    assert (await forms.list_forms(core)).total == 1
    # The name of the form is taken by an older one: it gets another.
    await actions.delete_page(core, 1)
    again = await door.post("/pages/new", {"title": "Spring & Sun", "form_id": "new"})
    home = again.headers["location"]
    assert (await forms.list_forms(core)).total == 2
    listed = (await door.client.get("/pages?q=sun")).text
    assert "Spring &amp; Sun" in listed
    assert "No page is called that" in (await door.client.get("/pages?q=zebra")).text
    assert (await door.post(f"{home}/delete", {})).status_code == 303
    for path in ("", "/settings", "/submissions", "/statistics", "/preview"):
        assert (await door.client.get(f"{home}{path}")).status_code == 404


async def test_blocks_are_added_moved_removed_and_stored(core: Core, door: Door):
    await actions.create_page(core, PageDraft("Spring", "spring"))
    added = await door.post("/pages/1", {**TWO, "do": "add:button"}, PRESS)
    assert 'name="text.2"' in added.text
    assert "<html" not in added.text
    # One form is enough.
    assert 'value="add:form"' not in added.text
    moved = await door.post("/pages/1", {**TWO, "do": "up:1"}, PRESS)
    assert moved.text.index('name="kind.0" value="form"') < moved.text.index('name="kind.1" value="heading"')
    dropped = await door.post("/pages/1", {**TWO, "do": "drop:0"}, PRESS)
    assert 'value="Spring"' not in dropped.text
    for odd in ("add:marquee", "drop:9", "up:0", "down:x", "jump:1"):
        same = await door.post("/pages/1", {**TWO, "do": odd}, PRESS)
        assert same.text.count('name="kind.') == 2, odd
    assert (await queries.page_by_id(core, 1)).page.blocks == []
    assert (await door.post("/pages/1", {**TWO, "mode": "blocks"})).status_code == 303
    page = (await queries.page_by_id(core, 1)).page
    assert [(one.kind, one.text, one.level, one.align) for one in page.blocks] == [
        ("heading", "Spring", 1, "center"),
        ("form", "", 2, "left"),
    ]
    bad = {**TWO, "count": "3", "kind.2": "button", "text.2": "Go", "url.2": "javascript:alert(1)"}
    refused = await door.post("/pages/1", bad)
    assert refused.status_code == 422
    assert 'id="blocks.2-error"' in refused.text
    raw = await door.post("/pages/1", {**TWO, "mode": "html", "html": "<h1 onclick=x>Hi</h1>{{form}}"})
    assert raw.status_code == 303
    kept = (await queries.page_by_id(core, 1)).page
    assert (kept.mode, kept.html, len(kept.blocks)) == ("html", "<h1>Hi</h1>{{form}}", 2)


async def test_the_preview_runs_nothing_and_stores_nothing(core: Core, door: Door):
    await door.post("/pages/new", {"title": "Spring", "form_id": "new"})
    saved = await door.client.get("/pages/1/preview")
    assert "<form" in saved.text
    nasty = {"kind.2": "html", "text.2": "<script>alert(1)</script><b>bold</b>", "kind.3": "marquee", "count": "4"}
    seen = await door.post("/pages/1/preview", {**TWO, **nasty, "text.0": "Being written"})
    assert seen.status_code == 200
    assert "Being written" in seen.text
    assert "<b>bold</b>" in seen.text
    assert "<script" not in seen.text
    for answer in (saved, seen):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "form-action 'none'" in policy
    assert (await queries.page_by_id(core, 1)).page.version == 2


async def test_settings_say_what_is_wrong_at_its_place(core: Core, door: Door):
    await core.installation.put({"public_url": "https://crm.test"})
    news = await contacts.create_list(core, title="News")
    berlin = await contacts.create_list(core, title="Berlin", parent_id=news)
    await actions.create_page(core, PageDraft("Spring", "spring"))
    await actions.create_page(core, PageDraft("Autumn", "autumn"))
    wrong = {"slug": "No!", "accent": "red", "redirect_url": "javascript:x", "group_ids": str(berlin)}
    refused = await door.post("/pages/1/settings", {**WHOLE, **wrong})
    assert refused.status_code == 422
    for field in ("slug", "accent", "redirect_url"):
        assert f'id="{field}-error"' in refused.text, field
    for change, field in (({"slug": "autumn"}, "slug"), ({"group_ids": str(berlin)}, "group_ids")):
        answer = await door.post("/pages/1/settings", {**WHOLE, **change})
        assert f'id="{field}-error"' in answer.text, field
    right = {"list_id": str(news), "group_ids": str(berlin), "accent": "#112233", "font": "serif", "brand": "A <b>"}
    assert (await door.post("/pages/1/settings", {**WHOLE, **right, "slug": "new"})).status_code == 303
    page = (await queries.page_by_id(core, 1)).page
    assert (page.slug, page.list_id, list(page.group_ids), page.settings.font) == ("new", news, [berlin], "serif")
    shown = (await door.client.get("/pages/1/settings")).text
    assert "https://crm.test/p/new" in shown
    assert "&lt;iframe src=" in shown
    assert "A &lt;b&gt;" in shown


async def test_a_page_is_published_taken_down_and_watched(core: Core, door: Door, statements: StatementCounter):
    await actions.create_page(core, PageDraft("Empty", "empty"))
    assert (await door.post("/pages/1/publish", {})).status_code == 303
    assert (await queries.page_by_id(core, 1)).page.state == "draft"
    await door.post("/pages/new", {"title": "Spring", "form_id": "new"})
    await door.post("/pages/2/publish", {})
    assert (await queries.page_by_id(core, 2)).page.state == "published"
    assert "Take down" in (await door.client.get("/pages/2")).text
    assert "Nobody sent it yet" in (await door.client.get("/pages/2/submissions")).text
    page = (await queries.page_by_id(core, 2)).page
    form = await forms.form_by_id(core, page.form_id or 0)
    for n in range(4):
        await actions.count_view(core, 2)
        if n < 2:
            await actions.submit_on_page(core, page, form, Sent({"email": [f"p{n}@y.co"]}, ip=f"10.0.0.{n}"))
        if n == 0:
            with statements as few:
                await door.client.get("/pages/2/submissions")
    with statements as many:
        sent = (await door.client.get("/pages/2/submissions")).text
    assert many.count == few.count
    assert "p1@y.co" in sent
    assert "p1@y.co" not in (await door.client.get("/pages/2/submissions?q=p0@y")).text
    assert "50%" in (await door.client.get("/pages")).text
    for words in ("", "?days=7", "?days=365", "?from=nonsense"):
        numbers = (await door.client.get(f"/pages/2/statistics{words}")).text
        assert "Conversion" in numbers
        assert "2 since the beginning" in numbers
    await door.post("/pages/2/unpublish", {})
    assert (await queries.page_by_id(core, 2)).page.state == "unpublished"
    actions_told = [row["action"] for row in await core.db.fetch("SELECT action FROM audit_entries ORDER BY id")]
    assert actions_told[-2:] == ["page_published", "page_unpublished"]
    view = (await door.client.get("/contacts/1")).text
    assert "Sent by the page" in view
    await core.db.execute("UPDATE users SET role = 'editor', permissions = '{fcrm_read_contacts}'")
    for path in ("/pages", "/pages/new", "/pages/2", "/pages/2/settings", "/pages/2/statistics", "/pages/2/preview"):
        assert (await door.client.get(path)).status_code == 403
    for path in ("/pages/2", "/pages/2/publish", "/pages/2/delete", "/pages/2/preview"):
        assert (await door.post(path, {})).status_code == 403
