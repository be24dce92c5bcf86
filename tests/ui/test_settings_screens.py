"""Double opt-in, system log and modules as pages of the settings."""

from __future__ import annotations

from tests.ui.door import Door
from tidings.contacts import actions
from tidings.messages import optin_settings as optin
from tidings.platform.core import Core

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
