"""Options of pickers: sets by name, and what is found by typing."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import kinds
from tidings.access import actions as access
from tidings.campaigns import actions as campaigns
from tidings.contacts import actions as contacts
from tidings.contacts.companies import actions as companies
from tidings.contacts.companies.types import CompanyDraft
from tidings.contacts.countries import COUNTRIES
from tidings.contacts.types import CustomField, Draft
from tidings.platform import modules
from tidings.platform.core import Core
from tidings.segments.actions import save_segment
from tidings.segments.types import Everybody


async def _options(crm: Mouth, fields: str, **more: Any) -> dict[str, Any]:
    return (await crm.get("/reports/options", fields=fields, **more)).json()["options"]


async def _found(crm: Mouth, key: str, *query: tuple[str, str]) -> list[Any]:
    answer = await crm.ask("GET", "/reports/ajax-options", query=[("option_key", key), *query])
    return [one["id"] for one in answer.json()["options"]]


async def test_the_sets_asked_for_are_given_and_unknown_names_skipped(core: Core, crm: Mouth):
    tags = [await contacts.create_tag(core, title=title) for title in ("zebra", "Ant")]
    a_list = await contacts.create_list(core, title="News")
    await contacts.write_contact(core, Draft({"email": "a@example.com"}, lists=[a_list]))
    campaign = await campaigns.create_campaign(core, title="Hello")
    segment = await save_segment(core, title="Friends", rule=Everybody())
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text", "default", [], "")])
    body = await _options(crm, "tags, lists,campaigns,custom_fields,nope,segments,email_sequences,automation_funnels")
    assert list(body) == [
        "tags",
        "lists",
        "campaigns",
        "custom_fields",
        "segments",
        "email_sequences",
        "automation_funnels",
    ]
    assert [one["id"] for one in body["tags"]] == [tags[1], tags[0]]
    assert kinds(body["tags"][0]) == dict.fromkeys(("slug", "title", "value", "label"), "str") | {"id": "int"}
    assert body["lists"] == [{"id": a_list, "slug": "news", "title": "News"}]
    counted = (await crm.ask("GET", "/reports/options", query=[("fields", "lists"), ("with_count[]", "lists")])).json()
    assert counted["options"]["lists"][0]["subscribersCount"] == 1
    assert body["campaigns"] == [{"id": campaign, "title": "Hello"}]
    assert body["custom_fields"][0]["slug"] == "plan"
    assert body["segments"] == [{"id": segment.id, "slug": "custom_segment", "title": "Friends"}]


async def test_fixed_sets_hold_their_words(crm: Mouth):
    names = "statuses,editable_statuses,contact_types,sms_statuses,profile_sections,countries,roles,user_roles_options"
    body = await _options(crm, f"{names},sampleCsv")
    assert body["statuses"][0] == {"id": "subscribed", "slug": "subscribed", "title": "Subscribed"}
    assert {name: len(body[name]) for name in names.split(",")} == {
        "statuses": 7,
        "editable_statuses": 4,
        "contact_types": 2,
        "sms_statuses": 4,
        "profile_sections": 3,
        "countries": 250,
        "roles": 5,
        "user_roles_options": 5,
    }
    assert body["sms_statuses"][0] == {"id": "sms_subscribed", "slug": "sms_subscribed", "title": "SMS Subscribed"}
    assert body["countries"][0] == {"id": "AF", "slug": "AF", "code": "AF", "title": "Afghanistan"}
    assert unquote(body["sampleCsv"]).split(",", 1)[1].startswith("email,first_name")
    assert all(len(code) == 2 and code.isupper() and name.strip() == name for code, name in COUNTRIES.items())


async def test_a_call_that_names_nothing_is_refused(crm: Mouth):
    for query in ({}, {"fields": ""}, {"fields": " , "}):
        answer = await crm.get("/reports/options", **query)
        assert answer.status_code == 422
        assert answer.json() == {"code": "plugin_exception", "data": [], "message": "Missing requested fields field."}
    answer = await crm.ask("GET", "/reports/options", query=[("fields[]", "tags"), ("fields[]", "tags")])
    assert answer.json() == {"options": {"tags": []}}


async def test_typing_finds_and_what_is_chosen_stays(core: Core, crm: Mouth):
    made = [await campaigns.create_campaign(core, title=title) for title in ("Spring", "Autumn")]
    firms = [
        one.id for one in await companies.write_companies(core, [CompanyDraft({"name": n}) for n in ("Acme", "Bolt")])
    ]
    eve = await access.create_user(core, login="eve", email="eve@example.com", first_name="Eve")
    assert await _found(crm, "campaigns") == [made[1], made[0]]
    assert await _found(crm, "campaigns", ("search", "spr")) == [made[0]]
    assert await _found(crm, "campaigns", ("search", "spr"), ("values[]", str(made[1]))) == made
    assert await _found(crm, "companies", ("search", "acm")) == [firms[0]]
    assert await _found(crm, "companies", ("search", "acm"), ("values[]", str(firms[1]))) == firms
    assert await _found(crm, "company_types", ("search", "ven"), ("values[]", "Partner")) == ["Partner", "Vendor"]
    assert len(await _found(crm, "company_industries")) > 100
    users = await crm.ask("GET", "/reports/ajax-options", query=[("option_key", "users"), ("search", "eve")])
    (one,) = users.json()["options"]
    assert set(one) == {"id", "user_email", "name", "title"}
    assert one["title"] == f"{one['name']} (eve@example.com)"
    assert len(await _found(crm, "users", ("search", "eve"), ("values[]", "1"))) == 2
    assert eve is not None
    assert len(await _found(crm, "users")) == 1, "administrators are offered only when they are chosen"
    for key in ("nope", "", "funnels", "email_sequences", "post_type", "woo_products", "edd_products"):
        assert await _found(crm, key) == []
    await modules.switch(core, {"companies": False})
    assert await _found(crm, "companies") == []
    for path in ("taxonomy-terms", "cascade_selections"):
        assert (await crm.get(f"/reports/{path}")).json()["options"] == []


async def test_any_permission_opens_the_pickers_but_accounts_are_for_those_who_see_people(core: Core, crm: Mouth):
    await access.create_user(
        core, login="max", email="max@example.com", role="editor", permissions=["fcrm_manage_forms"]
    )
    await access.create_user(core, login="sue", email="sue@example.com", role="subscriber")
    key: Any = await crm.new_key("max")
    assert (await crm.ask("GET", "/reports/options", query={"fields": "tags"}, auth=key)).status_code == 200
    users = await crm.ask("GET", "/reports/ajax-options", query={"option_key": "users"}, auth=key)
    assert users.json() == {"options": []}
    nobody: Any = await crm.new_key("sue")
    assert (await crm.ask("GET", "/reports/options", query={"fields": "tags"}, auth=nobody)).status_code == 403
