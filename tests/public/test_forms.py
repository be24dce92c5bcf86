"""Forms as visitors meet them: the page, what is sent, who is asked to confirm, what machines and floods get."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import httpx
import pytest

from tests.public.door import captured_links, form_of, no_room_for, run_jobs, status_of
from tidings.consent.actions import suppress_addresses
from tidings.consent.queries import ledger_of
from tidings.contacts import actions as contacts
from tidings.contacts.queries import find_contact_by_email
from tidings.contacts.types import Contact, Draft
from tidings.forms import actions, queries
from tidings.forms.rules import TEMPLATES
from tidings.forms.types import Form, FormDraft, FormField, FormSettings, Sent
from tidings.platform import modules
from tidings.platform.core import Core
from tidings.platform.pagination import PageRequest

FIELDS = TEMPLATES["with_name_subscribe"][1]
TOPICS = FormField("topics", "Topics <b>", "checkbox", options=["News", "Offers"])


async def made(core: Core, **more: Any) -> Form:
    settings = FormSettings(**more.pop("settings", {}))
    draft = FormDraft(more.pop("title", "Join us"), more.pop("fields", FIELDS), settings=settings, **more)
    return await queries.form_by_id(core, await actions.create_form(core, draft))


def url(form: Form) -> str:
    return f"/?fluentcrm=1&route=form&form={form.slug}"


async def person(core: Core, email: str) -> Contact:
    view = await find_contact_by_email(core, email)
    assert view is not None
    return view.contact


async def test_a_visitor_joins_confirms_and_is_in_the_list(core: Core, door: httpx.AsyncClient):
    list_id, tag = await contacts.create_list(core, title="News"), await contacts.create_tag(core, title="Web")
    form = await made(core, list_ids=[list_id], tag_ids=[tag], fields=[*FIELDS, TOPICS])
    page = await door.get(url(form))
    assert page.status_code == 200
    assert "Topics &lt;b&gt;" in page.text
    assert "frame-ancestors *" in page.headers["content-security-policy"]
    sent = form_of(page.text) | {"email": "New@example.org", "first_name": "Nora", "topics": ["News", "Offers"]}
    done = await door.post(url(form), data=sent, headers={"referer": "https://site.test/join?who=nora"})
    assert (done.status_code, "look into your mailbox" in done.text) == (200, True)
    new = await person(core, "new@example.org")
    assert (new.status, new.first_name, new.source) == ("pending", "Nora", "form: Join us")
    page, titles = await queries.submissions_of(core, new.id, PageRequest())
    [one] = page.rows
    assert titles == ["Join us"]
    assert one.answers == {"email": "New@example.org", "first_name": "Nora", "topics": ["News", "Offers"]}
    assert (one.page_url, one.ip, one.form_id) == ("https://site.test/join", "127.0.0.1", form.id)
    [fact] = await core.db.fetch("SELECT contact_id, subject_id, object_id FROM facts WHERE kind = 'form_submitted'")
    assert tuple(fact) == (new.id, form.id, one.id)
    await run_jobs(core)
    [link] = await captured_links(core, "New@example.org")
    await door.get(link)
    assert await status_of(core, new.id) == "subscribed"
    assert await core.db.fetchval("SELECT count(*) FROM contact_lists WHERE list_id = $1", list_id) == 1
    assert await core.db.fetchval("SELECT count(*) FROM contact_tags WHERE tag_id = $1", tag) == 1


async def test_nobody_rises_by_a_form_until_the_link_is_followed(core: Core, door: httpx.AsyncClient):
    names = ("left", "waits", "bounced", "blocked", "in")
    states: Any = ("unsubscribed", "pending", "bounced", "unsubscribed", "subscribed")
    ids = {
        name: (await contacts.write_contact(core, Draft({"email": f"{name}@example.org"}, status=state))).id
        for name, state in zip(names, states, strict=True)
    }
    await suppress_addresses(core, ["blocked@example.org"], reason="complaint")
    # Without double opt-in as well: a stranger may type any address.
    form = await made(core, settings={"has_double_opt_in": False})
    for name in names:
        assert (await door.post(url(form), data={"email": f"{name}@example.org"})).status_code == 200
    assert [await status_of(core, ids[name]) for name in names] == list(states)
    await run_jobs(core)
    mailed = [name for name in names if await captured_links(core, f"{name}@example.org")]
    assert mailed == ["left", "waits"]
    new = await door.post(url(form), data={"email": "new@example.org"})
    assert new.status_code == 200
    joined = await person(core, "new@example.org")
    assert joined.status == "subscribed"
    [line] = await ledger_of(core, joined.id)
    assert (line.kind, line.source) == ("opt_in", f"form {form.id}")


async def test_a_stranger_fills_gaps_but_overwrites_only_where_the_operator_says(core: Core, door: httpx.AsyncClient):
    ada = {"email": "ada@example.org", "first_name": "Ada"}
    await contacts.write_contact(core, Draft(ada, status="subscribed"))
    sent = {"email": "ada@example.org", "first_name": "Eve", "last_name": "L"}
    for title, policy, expected in (
        ("Skips", "skip", ("Ada", None)),
        ("Fills", "fill", ("Ada", "L")),
        ("Wins", "update", ("Eve", "L")),
    ):
        form = await made(core, title=title, settings={"on_existing": policy})
        await door.post(url(form), data=sent)
        known = await person(core, "ada@example.org")
        assert (known.first_name, known.last_name) == expected
    assert await core.db.fetchval("SELECT count(*) FROM form_submissions") == 3


async def test_bad_answers_machines_floods_and_closed_forms(core: Core, door: httpx.AsyncClient):
    form = await made(core)
    bad = await door.post(url(form), data={"email": "bad", "first_name": '"><script>'})
    assert (bad.status_code, "not a valid email address" in bad.text, "<script>" in bad.text) == (422, True, False)
    asked = {"accept": "application/json"}
    told = await door.post(url(form), data={"email": ""}, headers=asked)
    assert (told.status_code, list(told.json()["errors"])) == (422, ["email"])
    trapped = await door.post(url(form), data={"email": "bot@example.org", "fc_trap": "x"}, headers=asked)
    assert trapped.json()["success"] is True
    for _ in range(3):
        assert (await door.post(url(form), data={"email": "a@example.org"})).status_code == 200
    assert (await door.post(url(form), data={"email": "A@example.org"})).status_code == 429
    await core.db.execute("UPDATE rate_windows SET used = 1000 WHERE key LIKE 'form-visitor:%'")
    assert (await door.post(url(form), data={"email": "b@example.org"}, headers=asked)).status_code == 429
    assert await core.db.fetchval("SELECT array_agg(email) FROM contacts") == ["a@example.org"]
    closed = await made(core, title="Old", state="closed")
    assert [(await door.get(url(closed))).status_code, (await door.post(url(closed))).status_code] == [404, 404]
    assert (await door.get("/?fluentcrm=1&route=form&form=nothing")).status_code == 404
    await modules.switch(core, {"forms": False})
    assert [(await door.get(url(form))).status_code, (await door.post(url(form))).status_code] == [404, 404]
    assert (await door.get("/?fluentcrm=1&route=form_script&form=nothing")).status_code == 404


async def test_a_form_is_embedded_by_a_frame_or_a_script_and_may_lead_on(core: Core, door: httpx.AsyncClient):
    form = await made(core, title='Say "hi" </script>', settings={"redirect_url": "https://shop.test/thanks"})
    frame, script = queries.embed_codes("https://crm.test/", form)
    assert f'src="https://crm.test/?fluentcrm=1&amp;route=form&amp;form={form.slug}"' in frame
    assert "route=form_script" in script
    js = await door.get(f"/?fluentcrm=1&route=form_script&form={form.slug}")
    assert js.headers["content-type"].startswith("text/javascript")
    assert json.dumps(form.title) in js.text
    done = await door.post(url(form), data={"email": "a@example.org"})
    assert done.headers["refresh"] == "0; url=https://shop.test/thanks"


async def test_nobody_is_taken_in_whose_confirmation_mail_cannot_be_asked_for(core: Core):
    form = await made(core)
    async with no_room_for(core, "mail_opt_in"):
        with pytest.raises(asyncpg.CheckViolationError):
            await actions.submit(core, form, Sent({"email": ["a@example.org"], "first_name": ["Ada"]}))
    assert await find_contact_by_email(core, "a@example.org") is None
    assert await core.db.fetchval("SELECT count(*) FROM form_submissions") == 0
