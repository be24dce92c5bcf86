"""Settings of the installation on the wire: groups, switches, opt-in, carts, text messages, and who may touch them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dialects.mouth import Mouth, changed, rows
from tidings.access import actions as access
from tidings.consent.preference_page import NAMES, preference_page
from tidings.messages.optin_settings import opt_in_settings, opt_in_settings_for
from tidings.pages.placing import PreferencePlace, preference_place
from tidings.platform import modules
from tidings.platform.core import Core
from tidings.portal.queries import portal_address

_OPT_IN = {
    "email_subject": "Please confirm",
    "email_pre_header": "one click",
    "design_template": "plain",
    "email_body": '<p><a href="#activate_link#">Yes</a></p>',
    "after_confirmation_type": "redirect",
    "after_confirm_message": "<p>Thanks</p>",
    "after_conf_redirect_url": "https://example.com/thanks?name={{contact.first_name}}",
    "tag_based_redirect": "yes",
    "tag_redirects": [{"field_key": [1, "2"], "field_value": "https://example.com/vip"}],
}


async def test_a_group_is_merged_a_core_setting_lives_once_and_markup_goes(core: Core, crm: Mouth):
    await crm.put("/setting", {"settings": {"business_settings": {"business_name": "<b>A & B</b>", "logo": "x"}}})
    await crm.put("/setting", {"settings": {"business_settings": {"business_address": "1 Road"}}})
    more = {"from_name": "News", "pref_form": "yes", "unsubscribe_redirect": "https://a.example/", "unknown": "x"}
    await crm.put("/setting", {"settings": {"email_settings": more, "no_such_settings": {"a": 1}}})
    values = await core.installation.values()
    assert (values["business_name"], values["business_address"]) == ("A & B", "1 Road")
    assert values["unsubscribe_redirect"] == "https://a.example/"
    query = [("settings_keys[]", name) for name in ("email_settings", "business_settings", "no_such_settings")]
    read = (await crm.ask("GET", "/setting", query=query)).json()
    assert set(read) == {"email_settings", "business_settings"}
    assert (read["email_settings"]["pref_form"], "unknown" in read["email_settings"]) == ("yes", False)
    wrong = {"from_email": "nobody", "reply_to_email": "a@b@c", "unsubscribe_redirect": "javascript:alert(1)"}
    refused = await crm.put("/setting", {"settings": {"email_settings": wrong}})
    assert (refused.status_code, set(refused.json())) == (422, set(wrong))
    # Nothing is half-written when the footer lacks the way out.
    before = await rows(core)
    both = {"business_settings": {"business_name": "Other"}, "email_settings": {"email_footer": "none"}}
    assert (await crm.put("/setting", {"settings": both})).status_code == 422
    assert await changed(core, before) == []


async def test_the_opt_in_is_saved_for_all_and_for_a_list(core: Core, crm: Mouth):
    fields = (await crm.ask("GET", "/setting/double-optin", query=[("with[]", "settings_fields")])).json()
    assert set(fields["settings"]) == set(fields["settings_fields"]) - {"confirmation_html_viewer"}
    assert fields["settings"]["tag_redirects"] == [{"field_key": [], "field_value": ""}]
    saved = await crm.put("/setting/double-optin", {"settings": _OPT_IN})
    assert saved.json() == {"message": "Double Opt-in settings has been updated"}
    read = (await crm.get("/setting/double-optin")).json()
    assert read == {
        "settings": _OPT_IN | {"tag_redirects": [{"field_key": [1, 2], "field_value": "https://example.com/vip"}]}
    }
    await crm.post("/lists", {"title": "News"})
    assert (await crm.get("/setting/double-optin", list_id=1)).json()["global_double_optin"] == "yes"
    own = {"settings": {"email_subject": "For the list"}, "list_id": 1, "global_double_optin": "no"}
    assert (await crm.put("/setting/double-optin", own)).status_code == 200
    read = (await crm.get("/setting/double-optin", list_id=1)).json()
    assert (read["global_double_optin"], read["settings"]["email_subject"]) == ("no", "For the list")
    assert read["settings"]["email_body"] == _OPT_IN["email_body"]
    contact = (await crm.post("/subscribers", {"email": "a@example.com", "status": "subscribed", "lists": [1]})).json()[
        "contact"
    ]["id"]
    assert (await opt_in_settings_for(core, contact)).subject == "For the list"
    assert (await crm.put("/setting/double-optin", own | {"list_id": 99})).status_code == 404
    assert (await crm.get("/setting/double-optin", list_id=99)).status_code == 404


async def test_an_opt_in_that_could_not_work_is_refused_under_the_names_of_the_wire(core: Core, crm: Mouth):
    for change, field in (
        ({"email_subject": ""}, "email_subject"),
        ({"email_body": "<p>nothing to press</p>"}, "email_body"),
        ({"after_conf_redirect_url": "javascript:alert(1)"}, "after_conf_redirect_url"),
        ({"tag_redirects": [{"field_key": [1], "field_value": "x"}]}, "tag_redirects"),
        ({"after_confirmation_type": "message", "after_confirm_message": " "}, "after_confirm_message"),
    ):
        refused = await crm.put("/setting/double-optin", {"settings": _OPT_IN | change})
        assert (refused.status_code, list(refused.json())) == (422, [field])
    assert (await opt_in_settings(core)).subject == "Please confirm your subscription"


async def test_switches_are_the_modules_and_words_keep_their_types(core: Core, crm: Mouth):
    read = (await crm.get("/setting/experiments")).json()["settings"]
    assert len(read) == 20
    assert (read["company_module"], read["multi_threading_emails"], read["frontend_portal"]) == ("yes", "yes", "no")
    body = {"company_module": "no", "event_tracking": False, "campaign_max_number": 500, "campaign_ids": ["3", "x"]}
    body |= {"frontend_portal_page_id": "", "campaign_search": "<i>news", "no_such_flag": "yes"}
    assert (await crm.post("/setting/experiments", body)).json() == {"message": "Settings has been updated"}
    read |= {"company_module": "no", "event_tracking": "no", "campaign_max_number": "200", "campaign_ids": [3]}
    assert (await crm.get("/setting/experiments")).json()["settings"] == read | {"campaign_search": "news"}
    assert not await modules.is_on(core, "companies")
    portal = {"frontend_portal": "yes", "frontend_portal_slug": "Members", "frontend_portal_render_type": "shortcode"}
    await crm.post("/setting/experiments", portal | {"frontend_portal_page_id": 7})
    read = (await crm.get("/setting/experiments")).json()["settings"]
    assert [read[name] for name in portal] == ["yes", "members", "shortcode"]
    assert (await modules.is_on(core, "portal"), await portal_address(core)) == (True, "members")
    for wrong in ("contacts", "a/b"):
        refused = await crm.post("/setting/experiments", {"frontend_portal": "no", "frontend_portal_slug": wrong})
        assert (refused.status_code, list(refused.json())) == (422, ["frontend_portal_slug"])
    assert await modules.is_on(core, "portal"), "nothing half-written"
    await crm.post("/campaigns", {"title": "One"})
    campaigns = (await crm.get("/setting/experiments/campaigns")).json()["campaigns"]
    assert [one["title"] for one in campaigns] == ["One"]


async def test_carts_are_set_and_listed_empty(core: Core, crm: Mouth):
    read = (await crm.get("/setting/abandon-cart")).json()
    assert (read["settings"]["enabled"], read["available_providers"]) == ("yes", [])
    sent = {"enabled": "no", "lost_cart_days": "20", "capture_after_minutes": "soon", "tags_on_cart_lost": ["1"]}
    answer = (await crm.post("/setting/abandon-cart", {"settings": sent})).json()
    assert answer["reload"]
    assert answer["settings"]["lost_cart_days"] == 20
    assert answer["settings"]["capture_after_minutes"] == 30
    assert (await crm.get("/setting/experiments")).json()["settings"]["abandoned_cart"] == "no"
    assert (await crm.post("/setting/abandon-cart", {})).status_code == 422
    assert (await crm.get("/abandon-carts")).json()["carts"]["data"] == []
    assert len((await crm.get("/abandon-carts/report-summary")).json()["widgets"]) == 6
    assert (await crm.post("/abandon-carts/bulk-delete", {"cart_ids": []})).status_code == 422
    assert (await crm.post("/abandon-carts/bulk-delete", {"cart_ids": [1]})).status_code == 200


async def test_auto_subscription_is_kept_in_its_types(crm: Mouth):
    path = "/setting/auto_subscribe_settings"
    assert "woo_checkout_settings" not in (await crm.get(path)).json()
    body = {
        "registration_setting": {"status": "yes", "target_list": 3, "target_tags": ["1", 2], "unknown": "x"},
        "role_based_tagging_settings": {"status": "yes", "tag_mappings": {"editor": {"add_tags": [1]}, "king": {}}},
        "woo_checkout_settings": {"checkbox_label": "<b>Yes</b>"},
        "date_time_settings": {"classic_date_time": "yes"},
    }
    assert (await crm.post(path, body)).json() == {"message": "Settings has been updated"}
    read = (await crm.ask("GET", path, query=[("with[]", "fields")])).json()
    registration = {"status": "yes", "target_list": "3", "target_tags": [1, 2], "double_optin": "no"}
    assert read["registration_setting"] == registration
    assert read["role_based_tagging_settings"]["tag_mappings"]["editor"] == {"add_tags": [1], "remove_tags": []}
    assert "king" not in read["role_based_tagging_settings"]["tag_mappings"]
    assert read["woo_checkout_settings"]["checkbox_label"] == "Yes"
    assert read["date_time_settings"] == {"classic_date_time": "yes"}
    assert set(read["registration_fields"]["fields"]) == set(registration)
    assert (await crm.get("/setting/experiments")).json()["settings"]["classic_date_time"] == "yes"


async def test_a_provider_of_text_messages_needs_its_credentials_and_never_shows_them(core: Core, crm: Mouth):
    path = "/campaign-pro-settings/sms"
    refused = await crm.post(path, {"settings": {"enabled": "yes", "sms_provider": "twilio"}})
    assert refused.status_code == 422
    assert refused.json()["required_fields"] == ["Account SID", "Auth Token", "From Number"]
    assert (await crm.post(path, {"settings": {"enabled": "yes", "sms_provider": "pigeon"}})).status_code == 422
    known = {"account_sid": "AC1", "auth_token": "very-secret", "from_number": "+1555"}
    body = {"settings": {"enabled": "yes", "sms_provider": "twilio", "twilio": known}}
    assert (await crm.post(path, body)).json() == {"message": "Settings has been saved successfully", "reload": True}
    answer = await crm.get(path)
    assert "very-secret" not in answer.text
    shown = answer.json()["settings"]
    assert (shown["enabled"], shown["twilio"]["account_sid"]) == ("yes", "AC1")
    assert "very-secret" not in str(await core.db.fetch("SELECT value FROM settings"))
    # What is shown may be sent back as it is.
    assert (await crm.post(path, {"settings": shown})).json()["reload"] is False
    assert (await crm.post(f"{path}/disable")).json()["reload"] is True
    assert (await crm.get(path)).json()["settings"]["twilio"]["auth_token"]
    assert (await crm.post(path, {"settings": {"enabled": "yes", "sms_provider": "log"}})).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/setting/experiments"),
        ("PUT", "/setting/double-optin"),
        ("POST", "/setting/run_cron"),
        ("GET", "/setting/activity-logs"),
        ("GET", "/campaign-pro-settings/managers"),
        ("POST", "/ai/settings"),
    ],
)
async def test_settings_need_their_permission_and_keys_need_the_owner(core: Core, crm: Mouth, method: str, path: str):
    for login, permissions in (("reader", ["fcrm_read_contacts"]), ("setter", ["fcrm_manage_settings"])):
        email = f"{login}@example.com"
        await access.create_user(core, login=login, email=email, role="editor", permissions=permissions)
    before = await rows(core)
    reader, setter = await crm.new_key("reader"), await crm.new_key("setter")
    assert (await crm.ask(method, path, auth=reader)).status_code == 403
    assert (await crm.ask(method, path, auth="")).status_code == 401
    for owned in (
        ("POST", "/setting/reset_db"),
        ("GET", "/setting/rest-keys"),
        ("POST", "/setting/rest-keys"),
        ("DELETE", "/setting/rest-keys"),
        ("POST", "/setting/install-fluentsmtp"),
    ):
        assert (await crm.ask(*owned, auth=setter)).status_code == 403
    assert await changed(core, before) == []
    assert (await crm.ask(method, path, auth=setter)).status_code in (200, 422)


async def test_a_reset_needs_a_development_machine(core: Core, crm: Mouth, monkeypatch: pytest.MonkeyPatch):
    await crm.post("/subscribers", {"email": "a@example.com", "status": "subscribed"})
    assert (await crm.post("/setting/reset_db")).status_code == 422
    assert (await crm.get("/subscribers")).json()["subscribers"]["total"] == 1
    monkeypatch.setenv("TIDINGS_DEVELOPMENT", "1")
    assert "contacts" in (await crm.post("/setting/reset_db")).json()["tables"]
    assert (await crm.get("/subscribers")).json()["subscribers"]["total"] == 0
    assert (await crm.post("/tags", {"title": "First again"})).json()["item"]["id"] == 1


async def test_the_echo_tells_how_parameters_were_read(crm: Mouth):
    for method in ("POST", "PUT", "DELETE"):
        answer = await crm.ask(method, "/setting/test", {"n": 1, "sp": " x "}, query=[("b[]", "y"), ("c[k]", "v")])
        assert answer.json() == {"message": "Valid", "params": {"n": 1, "sp": " x ", "b": ["y"], "c": {"k": "v"}}}


async def test_installing_switches_the_module_on_and_the_wizard_ends(core: Core, crm: Mouth):
    await modules.switch(core, {"forms": False, "boards": False})
    addons = (await crm.get("/docs/addons")).json()["addons"]
    assert [addons[name]["is_installed"] for name in ("fluentform", "fluent-boards", "fluentsmtp")] == [
        False,
        False,
        True,
    ]
    answer = (await crm.post("/setting/install-fluentform")).json()
    assert (answer["is_installed"], answer["ff_config"]["is_installed"]) == (True, True)
    await crm.post("/setting/install-fluent-boards")
    assert await modules.is_on(core, "boards")
    assert await modules.is_on(core, "forms")
    assert (await crm.post("/setting/install-teleporter")).status_code == 404
    await crm.post("/setting/complete-installation", {"optin_email": ""})
    assert await core.installation.get("is_set_up")
    features = (await crm.ask("GET", "/docs/addons", query=[("with[]", "experimental_features")])).json()
    assert features["experimental_features"]["company_module"] == "yes"


async def test_help_is_built_in(crm: Mouth):
    docs = (await crm.get("/docs")).json()["docs"]
    assert len(docs) >= 8
    assert (await crm.get("/docs/1")).json() == docs[0]
    assert (await crm.get("/docs/999")).json()["is_error"]


async def test_every_bounce_service_has_its_address(crm: Mouth):
    configs = (await crm.get("/setting/bounce_configs")).json()
    assert (len(configs["bounce_settings"]), configs["fluentsmtp_info"]) == (11, False)
    ends = {url.rsplit("fcrm_")[1] for url in (one["webhook_url"] for one in configs["bounce_settings"].values())}
    assert len(ends) == 1
    assert len(ends.pop()) == 14


async def test_what_the_preference_page_offers_is_set_here_and_what_is_left_out_stays(core: Core, crm: Mouth):
    async def read() -> dict[str, Any]:
        query = [("settings_keys[]", "email_settings")]
        body = (await crm.ask("GET", "/setting", query=query)).json()["email_settings"]
        return {name: value for name, value in body.items() if name.startswith(("pref_", "show_"))}

    fresh = {"pref_list_type": "no", "pref_list_items": [], "pref_form": "no", "pref_custom": []}
    fresh |= {"pref_general": ["first_name", "last_name"], "show_on_page": "no", "pref_page_id": ""}
    assert await read() == fresh
    await crm.put("/setting", {"settings": {"email_settings": {"from_name": "News", "show_on_page": "yes"}}})
    assert (await read(), (await preference_page(core)).lists) == (fresh | {"show_on_page": "yes"}, "public")
    await crm.put("/setting", {"settings": {"email_settings": {"pref_page_id": "7"}}})
    assert await read() == fresh | {"show_on_page": "yes", "pref_page_id": 7}
    assert await preference_place(core) == PreferencePlace(is_on_page=True, page_id=7)
    for nothing in ("", "x", "9" * 30):
        await crm.put("/setting", {"settings": {"email_settings": {"pref_page_id": nothing}}})
        assert await read() == fresh | {"show_on_page": "yes"}
    wanted = {"pref_list_type": "filtered_only", "pref_list_items": ["3", 3, "x"], "pref_general": ["phone", "status"]}
    await crm.put("/setting", {"settings": {"email_settings": wanted | {"pref_custom": ["plan"]}}})
    page = await preference_page(core)
    assert (page.lists, page.list_ids, page.has_own_fields, page.shown) == ("chosen", [3], False, (NAMES, ()))
    await crm.put("/setting", {"settings": {"email_settings": {"pref_form": "yes"}}})
    assert (await preference_page(core)).shown == (["phone"], ["plan"])
    told = {"pref_list_type": "filtered_only", "pref_list_items": [3], "pref_form": "yes", "pref_general": ["phone"]}
    assert await read() == fresh | {"show_on_page": "yes", "pref_custom": ["plan"]} | told


async def test_pictures_come_from_where_the_compliance_settings_allow(crm: Mouth):
    sent = {"email": "a@example.com", "status": "subscribed", "first_name": "<A>", "last_name": "Bee"}
    assert "&d=" in (await crm.post("/subscribers", sent)).json()["contact"]["photo"]
    await crm.post("/setting/compliance", {"gravatar_fallback": "no"})
    assert (await crm.get("/subscribers/1")).json()["subscriber"]["photo"].endswith("?s=128")
    await crm.post("/setting/compliance", {"enable_gravatar": "no"})
    photo = (await crm.get("/subscribers/1")).json()["subscriber"]["photo"]
    assert photo.startswith("data:image/svg+xml,")
    assert "<" not in photo
    assert (await crm.get("/setting/compliance")).json()["settings"]["enable_gravatar"] == "no"
    assert await crm.core.installation.get("gravatars") == "no"


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/setting/compliance", {"anonymize_ip": "yes", "gravatar_fallback": "no"}),
        ("/setting", {"settings": {"business_settings": {"business_name": "B"}, "email_settings": {"from_name": "F"}}}),
    ],
)
async def test_settings_are_saved_all_together_or_not_at_all(crm: Mouth, path: str, sent: dict[str, Any]):
    method = crm.put if path == "/setting" else crm.post
    await crm.core.db.execute(
        """CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'dead'; END $$;
        CREATE TRIGGER die BEFORE INSERT ON audit_entries EXECUTE FUNCTION die()"""
    )
    before = await crm.core.db.fetch("SELECT name, value FROM settings ORDER BY name")
    assert (await method(path, sent)).status_code == 500
    assert await crm.core.db.fetch("SELECT name, value FROM settings ORDER BY name") == before
    await crm.core.db.execute("DROP TRIGGER die ON audit_entries")
    assert (await method(path, sent)).status_code == 200
    assert await crm.core.db.fetch("SELECT name, value FROM settings ORDER BY name") != before


async def test_events_are_refused_while_their_module_is_off(crm: Mouth):
    await crm.post("/subscribers", {"email": "a@example.com", "status": "subscribed"})
    event = {"event_key": "a", "title": "b", "email": "a@example.com"}
    assert (await crm.post("/subscribers/track-event", event)).status_code == 200
    await crm.post("/setting/experiments", {"event_tracking": "no"})
    off = {"message": "Event Tracker is not enabled", "error_code": "not_enabled"}
    assert (await crm.post("/subscribers/track-event", event)).json() == off
    assert (await crm.get("/subscribers/1/tracking-events")).json() == off
