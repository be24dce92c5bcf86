"""The dashboard, the series of days, settings, users: what a client's first page asks for."""

from __future__ import annotations

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import kinds
from tidings.access import actions as access
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core

_RANGE = [("date_range[]", "2026-11-18"), ("date_range[]", "2026-11-21")]


async def test_a_series_fills_every_day_of_its_range(core: Core, crm: Mouth):
    await contacts.write_contacts(core, [Draft({"email": f"p{n}@example.com"}) for n in range(2)])
    days = [f"2026-11-{day}" for day in (18, 19, 20, 21)]
    for name in ("email-sents", "email-opens", "email-clicks", "email-unsubs"):
        body = (await crm.ask("GET", f"/reports/{name}", query=_RANGE)).json()
        assert body == {"stats": dict.fromkeys(days, 0)}, name
        default = (await crm.get(f"/reports/{name}")).json()["stats"]
        assert (len(default), next(iter(default)), list(default)[-1]) == (31, "2026-10-21", "2026-11-20")
        for odd in ([("date_range[]", "x"), ("date_range[]", "y")], [("date_range", "2026-11-20")]):
            assert (await crm.ask("GET", f"/reports/{name}", query=odd)).json()["stats"].keys() == default.keys()


async def test_the_dashboard_counts_and_lists_what_is_new(core: Core, crm: Mouth):
    await contacts.write_contact(core, Draft({"email": "a@example.com"}, status="subscribed"))
    await contacts.write_contact(core, Draft({"email": "b@example.com"}, status="pending"))
    one = (await crm.post("/campaigns", {"title": "One"})).json()["id"]
    await crm.post("/campaigns", {"title": "A draft"})
    await core.db.execute("UPDATE campaigns SET state = 'finished' WHERE id = $1", one)
    body = (await crm.get("/reports/dashboard-stats")).json()
    assert set(body) == {
        "stats",
        "sales",
        "dashboard_notices",
        "onboarding",
        "quick_links",
        "ff_config",
        "recommendation",
        "system_tips",
        "recent_contacts",
        "active_automations",
        "recent_campaigns",
        "triggers",
    }
    assert {name: card["count"] for name, card in body["stats"].items()} == {
        "total_subscribers": 1,
        "total_campaigns": 2,
        "email_sent": 0,
        "total_automations": 0,
        "total_templates": 0,
    }
    assert kinds(body["stats"]["email_sent"]) == {"title": "str", "count": "int", "route": {"name": "str"}}
    assert {"category", "label", "description", "icon"} == set(body["triggers"]["user_register"])
    assert ["mail account" in one or "postal address" in one for one in body["dashboard_notices"]] == [True, True]
    await core.installation.put({"business_address": "1 Road, Town"})
    assert len((await crm.get("/reports/dashboard-stats")).json()["dashboard_notices"]) == 1
    assert (body["onboarding"]["total"], body["onboarding"]["completed"]) == (5, 2)
    assert [one["email"] for one in body["recent_contacts"]] == ["b@example.com", "a@example.com"]
    assert [one["title"] for one in body["recent_campaigns"]] == ["One"]


async def test_settings_are_kept_by_group_and_need_a_way_out(crm: Mouth):
    assert (await crm.ask("GET", "/setting", query=[("settings_keys[]", "business_settings")])).json() == {}
    business = {"business_name": "Acme", "business_address": "1 Street", "logo": "", "admin_email": "a@acme.test"}
    email = {"from_name": "Acme", "from_email": "news@acme.test", "emails_per_second": "12"}
    saved = await crm.put("/setting", {"settings": {"business_settings": business, "email_settings": email}})
    assert saved.json() == {"message": "Settings Updated"}
    keys = [("settings_keys[]", "business_settings"), ("settings_keys[]", "email_settings")]
    read = (await crm.ask("GET", "/setting", query=keys)).json()
    assert read["business_settings"] == business
    assert (read["email_settings"]["from_email"], read["email_settings"]["emails_per_second"]) == ("news@acme.test", 12)
    assert "##crm.unsubscribe_url##" in read["email_settings"]["email_footer"]
    refused = await crm.put("/setting", {"settings": {"email_settings": {"email_footer": "<p>no way out</p>"}}})
    assert (refused.status_code, set(refused.json())) == (422, {"message"})
    compliance = (await crm.get("/setting/compliance")).json()["settings"]
    assert (compliance["anonymize_ip"], compliance["email_open_tracking"]) == ("no", "yes")
    changed = {"anonymize_ip": "yes", "email_open_tracking": "anonymous", "nope": "x"}
    stored = (await crm.post("/setting/compliance", changed)).json()["settings"]
    assert stored == compliance | {"anonymize_ip": "yes", "email_open_tracking": "anonymous"}
    assert (await crm.get("/setting/compliance")).json()["settings"] == stored


async def test_users_are_found_by_name_and_role(core: Core, crm: Mouth):
    await access.create_user(core, login="eve", email="eve@example.com", first_name="Eve", role="editor")
    body = (await crm.get("/users")).json()
    assert body["total"] == 2
    assert body["users"][0] == {"ID": "1", "id": "1", "display_name": "Ada Byron", "user_email": "ada@example.com"}
    for query, found in (
        ([("search", "EVE")], ["2"]),
        ([("roles[]", "editor")], ["2"]),
        ([("roles", "administrator")], ["1"]),
        ([("search", "%")], []),
        ([("limit", "1")], ["1"]),
    ):
        users = (await crm.ask("GET", "/users", query=query)).json()["users"]
        assert [one["id"] for one in users] == found, query
    roles = (await crm.get("/users/roles")).json()["roles"]
    assert {"administrator", "editor", "subscriber"} <= set(roles)
    assert roles["editor"]["name"] == "Editor"
