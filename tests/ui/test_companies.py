"""Companies as pages: the table, the page of one with contacts and notes, the card in a contact's profile."""

from __future__ import annotations

import pytest

from tests.conftest import StatementCounter
from tests.ui.door import Door
from tidings.contacts.companies import actions, queries
from tidings.contacts.companies.types import Company, CompanyDraft
from tidings.platform.core import Core
from tidings.platform.modules import switch

HTMX = {"hx-request": "true"}
TABLE = HTMX | {"hx-target": "companies"}


async def _make(core: Core, *names: str, **values: str) -> list[int]:
    drafts = [CompanyDraft({"name": name, **values}) for name in names]
    return [one.id for one in await actions.write_companies(core, drafts)]


async def _all(core: Core) -> list[Company]:
    found, _ = await queries.search_companies(core)
    return found


async def test_a_company_is_made_found_and_deleted(core: Core, door: Door):
    assert "No companies yet" in (await door.client.get("/companies")).text
    sheet = await door.client.get("/companies/new", headers=HTMX)
    assert "<html" not in sheet.text
    assert '<option value="Partner">' in sheet.text
    form = {"name": "Quay & Sons", "type": "Ally", "industry": "Maritime", "website": "quay.example"}
    made = await door.post("/companies/new", form)
    (company,) = await _all(core)
    assert (made.status_code, made.headers["location"]) == (303, f"/companies/{company.id}")
    assert (company.name, company.type, company.website) == ("Quay & Sons", "Ally", "https://quay.example")
    table = (await door.client.get("/companies")).text
    assert "Quay &amp; Sons</a>" in table
    refused = await door.post("/companies/new", {"name": "quay & sons", "email": "nobody"}, HTMX)
    assert refused.status_code == 422
    assert 'id="email-error"' in refused.text
    assert 'id="name-error"' in (await door.post("/companies/new", {"name": "QUAY & SONS"}, HTMX)).text
    await _make(core, "Harbour", "Bay", type="Vendor", city="Bristol")
    for words, names in {
        "q=bris": ["Bay", "Harbour"],
        "type=ally": ["Quay"],
        "industry=Maritime": ["Quay"],
        "type=Vendor&sort=name&dir=desc": ["Harbour", "Bay"],
        "q=nowhere": [],
    }.items():
        piece = (await door.client.get(f"/companies?{words}", headers=TABLE)).text
        assert "<html" not in piece
        places = [piece.find(f"Select {name}") for name in names]
        assert places == sorted(places), words
        assert piece.count('name="ids"') == len(names), words
    assert (await door.post(f"/companies/{company.id}/delete", {})).status_code == 303
    assert (await door.post(f"/companies/{company.id}/delete", {})).status_code == 404
    assert [one.name for one in await _all(core)] == ["Bay", "Harbour"]


async def test_the_picked_companies_go_or_all_that_match(core: Core, door: Door):
    first, *_ = await _make(core, "A1", "A2", "A3", "B1", "B2")
    await door.post("/companies/delete", {"ids": [str(first), "404"]})
    assert [one.name for one in await _all(core)] == ["A2", "A3", "B1", "B2"]
    await door.post("/companies/delete", {"ids": str(first + 3), "all": "1", "filter": "q=a"})
    assert [one.name for one in await _all(core)] == ["B1", "B2"]
    noted = await core.db.fetch("SELECT data FROM audit_entries WHERE action = 'companies_deleted' ORDER BY id")
    assert [row["data"]["count"] for row in noted] == [1, 2]


async def test_the_table_costs_the_same_for_one_company_and_for_four(
    core: Core, door: Door, statements: StatementCounter
):
    await _make(core, "One")
    await door.client.get("/companies")
    with statements as few:
        await door.client.get("/companies")
    await _make(core, "Two", "Three", "Four")
    with statements as many:
        await door.client.get("/companies")
    assert many.count == few.count <= 8


@pytest.mark.parametrize("path", ["/companies", "/companies/new"])
async def test_companies_that_are_off_are_not_there(core: Core, door: Door, path: str):
    assert 'href="/companies"' in (await door.client.get("/tags")).text
    await switch(core, {"companies": False})
    assert (await door.client.get(path)).status_code == 404
    assert "/companies" not in (await door.client.get("/tags")).text
