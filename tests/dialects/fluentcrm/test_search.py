"""One search over everything that the caller may see."""

from __future__ import annotations

from typing import Any

from tests.dialects.mouth import Mouth
from tidings.access import actions as access
from tidings.campaigns import actions as campaigns
from tidings.contacts import actions as contacts
from tidings.contacts.companies import actions as companies
from tidings.contacts.companies.types import CompanyDraft
from tidings.contacts.types import Draft
from tidings.platform import modules
from tidings.platform.core import Core


async def _fill(core: Core) -> tuple[int, int, int, int]:
    person = (await contacts.write_contact(core, Draft({"email": "jane@example.com", "first_name": "Jane"}))).id
    campaign = await campaigns.create_campaign(core, title="Jane's news", subject="Hi")
    await campaigns.create_campaign(core, title="Other", subject="jane")
    company = (await companies.write_companies(core, [CompanyDraft({"name": "Jane Ltd"})]))[0].id
    note = await contacts.add_note(core, person, title="Met Jane", description="In town")
    return person, campaign, company, note


async def test_each_group_holds_what_was_found(core: Core, crm: Mouth):
    person, campaign, company, note = await _fill(core)
    body = (await crm.get("/global-search", search="jane")).json()
    assert set(body) == {"subscribers", "campaigns", "funnels", "companies"}
    (one,) = body["subscribers"]
    assert set(one) == {"id", "email", "first_name", "last_name", "full_name", "photo"}
    assert (one["id"], one["full_name"]) == (person, "Jane")
    assert body["campaigns"] == [{"id": campaign, "title": "Jane's news", "status": "draft"}]
    assert (body["funnels"], [one["id"] for one in body["companies"]]) == ([], [company])
    assert set(body["companies"][0]) == {"id", "name", "logo"}
    notes = (await crm.get("/global-search", search="met", scope="subscriber_notes")).json()["subscriber_notes"]
    assert [(one["id"], one["subscriber_id"]) for one in notes] == [(note, str(person))]


async def test_a_scope_leaves_the_other_groups_empty_and_no_text_finds_nothing(core: Core, crm: Mouth):
    await _fill(core)
    body = (await crm.get("/global-search", search="jane", scope="campaigns")).json()
    assert {name: len(rows) for name, rows in body.items()} == {
        "subscribers": 0,
        "campaigns": 1,
        "funnels": 0,
        "companies": 0,
    }
    for empty in ({}, {"search": "  "}, {"scope": "all"}):
        assert (await crm.get("/global-search", **empty)).json() == {"subscribers": [], "campaigns": [], "funnels": []}
    for query in ({"search": "jane", "scope": "nope"}, {"search": "jane", "scope": "funnels"}, {"search": "%"}):
        body = (await crm.get("/global-search", **query)).json()
        assert not any(body.values()), query


async def test_what_a_caller_may_not_see_is_empty(core: Core, crm: Mouth):
    await _fill(core)
    await modules.switch(core, {"companies": False})
    assert (await crm.get("/global-search", search="jane")).json()["companies"] == []
    await modules.switch(core, {"companies": True})
    await access.create_user(
        core, login="max", email="max@example.com", role="editor", permissions=["fcrm_read_contacts"]
    )
    await access.create_user(core, login="sue", email="sue@example.com", role="subscriber")
    reader: Any = await crm.new_key("max")
    nobody: Any = await crm.new_key("sue")
    body = (await crm.ask("GET", "/global-search", query={"search": "jane"}, auth=reader)).json()
    assert {name: len(rows) for name, rows in body.items()} == {
        "subscribers": 1,
        "campaigns": 0,
        "funnels": 0,
        "companies": 1,
    }
    for scope in ("all", "subscriber_notes"):
        answer = await crm.ask("GET", "/global-search", query={"search": "jane", "scope": scope}, auth=nobody)
        assert answer.status_code == 200
        assert not any(answer.json().values())
    assert (await crm.ask("GET", "/global-search", auth="")).status_code == 401


async def test_a_picker_of_people_finds_shows_the_newest_and_keeps_the_chosen(core: Core, crm: Mouth):
    person, *_ = await _fill(core)
    others = [(await contacts.write_contact(core, Draft({"email": f"p{n}@example.com"}))).id for n in range(3)]

    async def ids(*query: tuple[str, str]) -> list[str]:
        return list((await crm.ask("GET", "/subscribers/search-contacts", query=list(query))).json()["contacts"])

    assert await ids(("search", "jan")) == [str(person)]
    assert await ids(("search", "jan"), ("values[]", str(others[0])), ("values[]", "999")) == [
        str(person),
        str(others[0]),
    ]
    assert await ids(("search", "example.com"), ("limit", "2")) == [str(others[2]), str(others[1])]
    assert await ids(("load_default", "1"), ("limit", "1")) == [str(others[2])]
    assert await ids(("load_default", "1"), ("search", "jan")) == [str(person)]
    assert await ids() == []
