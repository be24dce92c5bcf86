"""Landing pages as visitors meet them: shown and kept, counted once, sent, refused, embedded, closed."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.pages.test_actions import BLOCKS
from tests.public.door import form_of
from tidings.contacts import actions as contacts
from tidings.contacts.queries import find_contact_by_email
from tidings.forms import actions as forms
from tidings.forms.rules import TEMPLATES
from tidings.forms.types import FormDraft, FormSettings
from tidings.pages import actions, queries
from tidings.pages.types import Block, PageDraft, PageSettings
from tidings.platform import modules
from tidings.platform.core import Core

URL = "/p/spring"


async def opened(core: Core, *, form: dict[str, Any] | None = None, **more: Any) -> int:
    """A published page with a form."""
    draft = FormDraft("Join", TEMPLATES["with_name_subscribe"][1], settings=FormSettings(**(form or {})))
    form_id = await forms.create_form(core, draft)
    values: dict[str, Any] = {"title": "Spring", "slug": "spring", "blocks": BLOCKS, "form_id": form_id} | more
    page_id = await actions.create_page(core, PageDraft(**values))
    await actions.publish_page(core, page_id)
    return page_id


async def counts(core: Core, page_id: int) -> tuple[int, int]:
    found = await queries.page_by_id(core, page_id)
    return found.views, found.submissions


async def test_a_visitor_sees_the_page_sends_it_and_is_thanked(core: Core, door: httpx.AsyncClient):
    await core.installation.put({"business_name": "Harbour <Books>"})
    news = await contacts.create_list(core, title="News")
    page_id = await opened(core, list_id=news, settings=PageSettings(message="Welcome <aboard>!\nSoon more."))
    shown = await door.get(URL)
    assert shown.status_code == 200
    assert "Harbour &lt;Books&gt;" in shown.text
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors *" in policy
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert shown.headers["x-robots-tag"] == "all"
    assert "set-cookie" not in shown.headers
    sent = form_of(shown.text) | {"email": "ada@example.org", "first_name": "Ada"}
    done = await door.post(URL, data=sent)
    assert done.status_code == 200
    assert "<p>Welcome &lt;aboard&gt;!</p>" in done.text
    assert "Harbour" in done.text
    view = await find_contact_by_email(core, "ada@example.org")
    assert view is not None
    assert [one.id for one in view.lists] == [news]
    assert await counts(core, page_id) == (1, 1)
    told = await core.db.fetchval("SELECT data FROM facts WHERE kind = 'form_submitted'")
    assert told["page_id"] == page_id


async def test_it_is_rendered_once_for_every_version(
    core: Core, door: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    page_id = await opened(core)
    first = await door.get(URL)
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    same = await door.get(URL, headers={"if-none-match": etag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    # What was rendered stands in memory: a row changed behind its version is not looked at.
    await core.db.execute("UPDATE pages SET title = 'Behind'")
    assert (await door.get(URL)).headers["etag"] == etag
    await actions.update_page(core, page_id, PageDraft("Summer", "spring", blocks=[Block("heading", "Sun")]))
    changed = await door.get(URL, headers={"if-none-match": etag})
    assert (changed.status_code, "<title>Summer</title>" in changed.text, "Sun" in changed.text) == (200, True, True)
    await core.installation.put({"business_name": "New name"})
    assert "New name" in (await door.get(URL)).text
    assert await counts(core, page_id) == (5, 0)


async def test_a_change_of_the_form_is_seen_at_once(core: Core, door: httpx.AsyncClient):
    await opened(core)
    page = await queries.find_published(core, "spring")
    assert page is not None
    assert page.form_id is not None
    assert "<form" in (await door.get(URL)).text
    await forms.update_form(core, page.form_id, FormDraft("Join", TEMPLATES["simple_optin"][1], state="closed"))
    assert "<form" not in (await door.get(URL)).text
    assert (await door.post(URL, data={"email": "a@example.org"})).status_code == 404
    await forms.update_form(core, page.form_id, FormDraft("Join", TEMPLATES["simple_optin"][1]))
    assert "<form" in (await door.get(URL)).text
    await modules.switch(core, {"forms": False})
    assert "<form" not in (await door.get(URL)).text
    assert (await door.post(URL, data={"email": "a@example.org"})).status_code == 404


async def test_only_people_count_and_a_crowd_is_counted_exactly(core: Core, door: httpx.AsyncClient):
    page_id = await opened(core)
    head = await door.head(URL)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 500
    for headers in (
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"user-agent": ""},
        {"sec-purpose": "prefetch;prerender"},
    ):
        assert (await door.get(URL, headers=headers)).status_code == 200
    assert await counts(core, page_id) == (0, 0)
    answers = await asyncio.gather(*(door.get(URL) for _ in range(120)))
    assert {one.status_code for one in answers} == {200}
    assert await counts(core, page_id) == (120, 0)


async def test_drafts_closed_pages_and_odd_addresses_are_not_found(core: Core, door: httpx.AsyncClient):
    page_id = await opened(core)
    await actions.create_page(core, PageDraft("Draft", "draft", blocks=BLOCKS))
    for path in (
        "/p/draft",
        "/p/draft.js",
        "/p/nothing",
        "/p/",
        "/p",
        "/p/SPRING",
        "/p/spring/",
        "/p/spring/x",
        "/p/..%2fspring",
        "/p/spring%00",
        "/p/%27%20OR%201%3D1--",
        "/p/" + "x" * 3000,
        "/p/spring.js.js",
        "/p/<script>alert(1)</script>",
    ):
        for method in ("GET", "HEAD", "POST"):
            answer = await door.request(method, path)
            assert answer.status_code == 404, (method, path)
            assert "<script>alert" not in answer.text
    await actions.unpublish_page(core, page_id)
    for method in ("GET", "HEAD", "POST"):
        assert (await door.request(method, URL)).status_code == 404
    assert (await door.get(f"{URL}.js")).status_code == 404
    assert await counts(core, page_id) == (0, 0)


async def test_bad_answers_machines_and_floods_are_met_like_those_of_forms(core: Core, door: httpx.AsyncClient):
    page_id = await opened(core, form={"has_double_opt_in": False})
    bad = await door.post(URL, data={"email": "bad", "first_name": '"><script>alert(1)</script>'})
    assert (bad.status_code, "not a valid email address" in bad.text, "<script>" in bad.text) == (422, True, False)
    asked = {"accept": "application/json"}
    told = await door.post(URL, data={"email": ""}, headers=asked)
    assert (told.status_code, list(told.json()["errors"])) == (422, ["email"])
    trapped = await door.post(URL, data={"email": "bot@example.org", "fc_trap": "x"}, headers=asked)
    assert trapped.json()["success"] is True
    for _ in range(3):
        assert (await door.post(URL, data={"email": "a@example.org"})).status_code == 200
    assert (await door.post(URL, data={"email": "a@example.org"})).status_code == 429
    await core.db.execute("UPDATE rate_windows SET used = 1000 WHERE key LIKE 'form-visitor:%'")
    flooded = await door.post(URL, data={"email": "b@example.org"}, headers=asked)
    assert flooded.status_code == 429
    assert await counts(core, page_id) == (0, 3)
    assert await core.db.fetchval("SELECT array_agg(email) FROM contacts") == ["a@example.org"]


async def test_it_leads_on_only_to_web_addresses_and_the_page_goes_before_the_form(core: Core, door: httpx.AsyncClient):
    page_id = await opened(core, form={"redirect_url": "https://form.test/"})
    by_form = await door.post(URL, data={"email": "a@example.org"})
    assert by_form.headers["refresh"] == "0; url=https://form.test/"
    page = (await queries.page_by_id(core, page_id)).page

    async def say(**settings: Any) -> httpx.Response:
        draft = PageDraft("Spring", "spring", blocks=BLOCKS, form_id=page.form_id, settings=PageSettings(**settings))
        await actions.update_page(core, page_id, draft)
        await core.db.execute("DELETE FROM rate_windows")
        return await door.post(URL, data={"email": "a@example.org"})

    by_page = await say(redirect_url="https://page.test/a?b=c")
    assert by_page.headers["refresh"] == "0; url=https://page.test/a?b=c"
    assert 'href="https://page.test/a?b=c"' in by_page.text
    thanked = await say(message="Thanks")
    assert ("refresh" in thanked.headers, "Thanks" in thanked.text) == (False, True)


async def test_it_is_embedded_by_a_frame_or_a_script(core: Core, door: httpx.AsyncClient):
    await core.installation.put({"public_url": "https://crm.test"})
    await opened(core, title='Say "hi" </script>')
    page = await queries.find_published(core, "spring")
    assert page is not None
    frame, script = queries.embed_codes("https://crm.test/", page)
    assert 'src="https://crm.test/p/spring"' in frame
    assert "&quot;hi&quot;" in frame
    assert 'src="https://crm.test/p/spring.js"' in script
    js = await door.get(f"{URL}.js")
    assert js.headers["content-type"].startswith("text/javascript")
    assert js.headers["cross-origin-resource-policy"] == "cross-origin"
    assert '"https://crm.test/p/spring"' in js.text
