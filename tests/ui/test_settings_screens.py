"""Double opt-in, system log and modules as pages of the settings."""

from __future__ import annotations

import re

from tests.ui.door import Door
from tidings.access import actions as access
from tidings.access.queries import list_keys
from tidings.access.types import FURIOSA_SCOPES
from tidings.consent.preference_page import preference_page
from tidings.contacts import actions
from tidings.contacts.types import CustomField
from tidings.messages import optin_settings as optin
from tidings.pages.actions import create_page, publish_page
from tidings.pages.placing import PreferencePlace, address_of_preferences, preference_place
from tidings.pages.types import Block, PageDraft
from tidings.platform import modules
from tidings.platform.core import Core
from tidings.platform.system_log import log_event
from tidings.portal.queries import portal_address

ASKS = {"subject": "Please confirm", "body": "<p>{{crm.activate_button|Yes}}</p>", "message": "<p>Done</p>"}


async def test_the_confirmation_mail_is_written_with_errors_at_their_fields(core: Core, door: Door):
    tag = await actions.create_tag(core, title="VIP")
    page = (await door.client.get("/settings/opt-in")).text
    assert "Please confirm your subscription" in page
    refused = await door.post("/settings/opt-in", {**ASKS, "body": "<p>nothing</p>", "subject": " "})
    assert refused.status_code == 422
    assert 'id="subject-error"' in refused.text
    assert 'id="body-error"' in refused.text
    more = await door.post("/settings/opt-in", {**ASKS, "do": "add", "lines": "1", "url.0": "https://a.co/x"})
    assert more.status_code == 200
    assert 'name="url.1"' in more.text
    assert "https://a.co/x" in more.text
    saved = await door.post(
        "/settings/opt-in",
        {**ASKS, "after": "redirect", "redirect_url": "https://a.co", "uses_tag_redirects": "yes", "lines": "2"}
        | {"tags.0": str(tag), "url.0": "https://a.co/vip", "url.1": ""},
    )
    assert saved.status_code == 303
    said = await optin.opt_in_settings(core)
    assert (said.subject, said.after, said.redirect_url) == ("Please confirm", "redirect", "https://a.co")
    assert said.tag_redirects == [optin.TagRedirect([tag], "https://a.co/vip")]
    assert "https://a.co/vip" in (await door.client.get("/settings/opt-in")).text


async def test_a_list_asks_in_its_own_words(core: Core, door: Door):
    news = await actions.create_list(core, title="News")
    assert "As the installation" in (await door.client.get("/settings/opt-in")).text
    path = f"/settings/opt-in/lists/{news}"
    assert "News" in (await door.client.get(path)).text
    assert (await door.post(path, {**ASKS, "follows": "no"})).status_code == 303
    own = await optin.list_opt_in_settings(core, news)
    assert own.settings is not None
    assert (own.follows_global, own.settings.subject) == (False, "Please confirm")
    assert "Its own" in (await door.client.get("/settings/opt-in")).text
    assert (await door.post(path, {**ASKS, "follows": "no", "body": "x"})).status_code == 422
    assert (await door.client.get("/settings/opt-in/lists/99")).status_code == 404
    assert (await door.post("/settings/opt-in/lists/99", ASKS)).status_code == 404
    await core.db.execute("UPDATE users SET role = 'editor', permissions = '{fcrm_read_contacts}'")
    assert (await door.client.get("/settings/opt-in")).status_code == 403


async def test_the_system_log_is_searched_taken_along_and_emptied(core: Core, door: Door):
    assert "Nothing happened" in (await door.client.get("/settings/system-log")).text
    await log_event(core, "=Sending <stopped>", "The server refused")
    await log_event(core, "Import ended", "12 rows")
    page = (await door.client.get("/settings/system-log")).text
    assert "=Sending &lt;stopped&gt;" in page
    found = await door.client.get(
        "/settings/system-log?q=REFUSED", headers={"hx-request": "true", "hx-target": "lines"}
    )
    assert "Sending" in found.text
    assert "Import ended" not in found.text
    assert "<html" not in found.text
    assert "Nothing like that" in (await door.client.get("/settings/system-log?q=zebra")).text
    file = await door.client.get("/settings/system-log/lines.csv?days=9999")
    assert file.headers["content-disposition"] == 'attachment; filename="system-log.csv"'
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "id,at,title,description"
    assert lines[1].endswith(",Import ended,12 rows")
    assert ",'=Sending <stopped>," in lines[2]
    assert (await door.post("/settings/system-log/reset", {})).status_code == 303
    assert await core.db.fetchval("SELECT count(*) FROM system_logs") == 0
    assert await core.db.fetchval("SELECT action FROM audit_entries ORDER BY id DESC LIMIT 1") == "system_log_emptied"


async def test_modules_are_switched_together_and_those_not_shown_stay(core: Core, door: Door):
    await modules.switch(core, {"archive": True})
    page = (await door.client.get("/settings/modules")).text
    assert "Smart links" in page
    await door.post("/settings/modules", {"companies": "yes", "company_logos": "yes"})
    now = await modules.switches(core)
    assert {name: now[name] for name in ("companies", "company_logos", "events", "system_logs", "archive")} == {
        "companies": True,
        "company_logos": True,
        "events": False,
        "system_logs": False,
        "archive": True,
    }
    assert "Forms are switched off" in (await door.client.get("/forms")).text
    assert "The system log is off" in (await door.client.get("/settings/system-log")).text
    await core.db.execute("UPDATE users SET role = 'editor', permissions = '{fcrm_read_contacts}'")
    for path in ("/settings/modules", "/settings/system-log", "/settings/system-log/lines.csv"):
        assert (await door.client.get(path)).status_code == 403


async def test_the_portal_is_switched_on_with_an_address_of_its_own(core: Core, door: Door):
    page = (await door.client.get("/settings/modules")).text
    assert ("Portal for contacts" in page, "People reach it at" in page) == (True, False)
    on = {"portal": "yes", "portal_address": "members"}
    for wrong in ("contacts", "a b"):
        refused = await door.post("/settings/modules", on | {"portal_address": wrong})
        assert (refused.status_code, 'id="portal_address-error"' in refused.text) == (422, True)
    assert not await modules.is_on(core, "portal"), "nothing half-written"
    assert (await door.post("/settings/modules", on)).status_code == 303
    assert await modules.is_on(core, "portal")
    assert 'href="http://127.0.0.1:8000/members"' in (await door.client.get("/settings/modules")).text
    await door.post("/settings/modules", {"portal": "yes"})
    assert await portal_address(core) == "members", "what is left out stays"


async def test_a_key_is_shown_once_limited_told_and_revoked(core: Core, door: Door):
    """Furiosa guide, section "Generating API Keys"."""
    page = (await door.client.get("/settings/keys")).text
    for scope in FURIOSA_SCOPES:
        assert f'value="{scope}"' in page
    wanted = {"kind": "furiosa", "name": "Website", "scopes": ["pages:read", "analytics:read"], "per_minute": "90"}
    made = await door.post("/settings/keys", wanted)
    [secret] = set(re.findall(r"fcrm_pk_[\w-]{40}", made.text))
    [key] = await list_keys(core)
    assert (key.scopes, key.per_minute, key.used_at) == (["pages:read", "analytics:read"], 90, None)
    listed = (await door.client.get("/settings/keys")).text
    assert secret not in listed
    assert key.hint in listed
    assert secret[-8:] not in key.hint
    assert "pages:read, analytics:read" in listed
    assert "90 a minute" in listed
    assert "never" in listed
    for wrong in ("0", "-5", "many", "1000001"):
        refused = await door.post("/settings/keys", {**wanted, "per_minute": wrong})
        assert refused.status_code == 422, wrong
        assert 'id="per_minute-error"' in refused.text, wrong
    assert len(await list_keys(core)) == 1
    limit = f"/settings/keys/{key.id}/limit"
    assert 'value="90"' in (await door.client.get(limit)).text
    assert (await door.post(limit, {"limit": "240"})).status_code == 303
    assert "240 a minute" in (await door.client.get("/settings/keys")).text
    for wrong in ("0", "-5", "many", "1000001"):
        refused = await door.post(limit, {"limit": wrong})
        assert (refused.status_code, 'id="limit-error"' in refused.text) == (422, True), wrong
    assert (await door.post(limit, {"limit": ""})).status_code == 303
    assert [one.per_minute for one in await list_keys(core)] == [None]
    password, _ = await access.create_key(core, kind="application-password", name="x", user_id=key.user_id)
    for gone in (password.id, 10**6):
        assert (await door.client.get(f"/settings/keys/{gone}/limit")).status_code == 404
    assert (await door.post(f"/settings/keys/{key.id}/revoke", {})).status_code == 303
    assert (await door.post(limit, {"limit": "5"})).status_code == 404
    assert "Revoked" in (await door.client.get("/settings/keys")).text
    assert await access.caller_and_usage(core, "furiosa", secret, per_minute=60) is None


async def test_what_people_may_change_by_themselves_is_chosen(core: Core, door: Door):
    news = await actions.create_list(core, title="News")
    await actions.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    page = (await door.client.get("/settings/preferences")).text
    assert ">News</label>" in page
    assert 'value="public" checked' in page
    assert (await door.post("/settings/preferences", {"lists": "everything"})).status_code == 422
    form = {"lists": "chosen", "list_ids": str(news), "has_own_fields": "yes", "fields": ["city", "status"]}
    assert (await door.post("/settings/preferences", form | {"custom": "plan"})).status_code == 303
    said = await preference_page(core)
    assert (said.lists, said.list_ids, said.shown) == ("chosen", [news], (["city"], ["plan"]))
    page = (await door.client.get("/settings/preferences")).text
    assert all(f'value="{one}" checked' in page for one in ("chosen", news, "city", "plan"))


async def test_the_preference_form_is_placed_on_a_landing_page_that_has_it(core: Core, door: Door):
    draft = PageDraft("Your & way", "way", blocks=(Block("preferences"),))
    page_id, other = await create_page(core, draft), await create_page(core, PageDraft("Other", "other"))
    page = (await door.client.get("/settings/preferences")).text
    assert ("Your &amp; way (not published)" in page, "Other" in page) == (True, False)
    form = {"lists": "public", "is_on_page": "yes"}
    for wrong in ("", "x", "999999999999999999999", str(other)):
        refused = await door.post("/settings/preferences", form | {"page_id": wrong})
        assert (refused.status_code, 'id="page_id-error"' in refused.text) == (422, True)
    assert (await door.post("/settings/preferences", form | {"page_id": str(page_id)})).status_code == 303
    assert await preference_place(core) == PreferencePlace(is_on_page=True, page_id=page_id)
    assert await address_of_preferences(core) == ""
    await publish_page(core, page_id)
    assert await address_of_preferences(core) == "way"
    assert f'value="{page_id}" selected' in (await door.client.get("/settings/preferences")).text
