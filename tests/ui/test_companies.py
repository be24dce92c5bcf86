"""Companies as pages: the table, the page of one with contacts and notes, the card in a contact's profile."""

from __future__ import annotations

from tests.conftest import StatementCounter
from tests.ui.door import Door
from tidings.contacts.actions import replace_custom_fields, write_contacts
from tidings.contacts.companies import actions, members, queries
from tidings.contacts.companies.types import Company, CompanyDraft
from tidings.contacts.types import CustomField, Draft
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


async def _people(core: Core, *names: str) -> list[int]:
    drafts = [Draft({"email": f"{name.lower()}@example.com", "first_name": name}) for name in names]
    return [one.id for one in await write_contacts(core, drafts)]


async def _members(core: Core, company_id: int) -> list[int]:
    rows = await core.db.fetch("SELECT contact_id FROM contact_companies WHERE company_id = $1 ORDER BY 1", company_id)
    return [row["contact_id"] for row in rows]


async def test_contacts_are_found_join_own_and_leave(core: Core, door: Door):
    (quay,) = await _make(core, "Quay")
    ada, bea, cy = await _people(core, "Ada", "Bea", "Cy")
    home = f"/companies/{quay}"
    assert "Nobody belongs to this company yet" in (await door.client.get(home)).text
    sheet = (await door.client.get(f"{home}/add", headers=HTMX)).text
    assert "<html" not in sheet
    assert sheet.count('name="ids"') == 3
    # What was picked before the search stays picked beside what the search finds.
    found = (await door.client.get(f"{home}/add?q=bea@ex&ids={cy}", headers=HTMX | {"hx-target": "found"})).text
    assert found.count('name="ids"') == 2
    assert found.count(" checked") == 1
    assert found.index(f'value="{cy}" checked') < found.index(f'value="{bea}"')
    added = await door.post(f"{home}/contacts", {"ids": [str(ada), str(bea), str(cy), "404"]})
    assert added.headers["location"] == home
    assert await _members(core, quay) == [ada, bea, cy]
    await door.post(f"{home}/owner", {"one": str(bea)})
    page = (await door.client.get(home)).text
    assert "Owner</span>" in page
    assert f'<a href="/contacts/{bea}">Bea</a>' in page
    piece = (await door.client.get(f"{home}?q=ada", headers=HTMX | {"hx-target": "people"})).text
    assert piece.count('name="ids"') == 1
    assert "Nobody matches" in (await door.client.get(f"{home}?q=dora")).text
    await door.post(f"{home}/owner", {"ids": str(ada)})
    assert (await queries.company_by_id(core, quay)).company.owner_id is None
    # The row's own button wins over the picked rows.
    await door.post(f"{home}/contacts/remove", {"one": str(ada), "ids": [str(bea)]})
    assert await _members(core, quay) == [bea, cy]
    await door.post(f"{home}/contacts/remove", {"ids": [str(bea), str(cy)]})
    assert await _members(core, quay) == []


async def test_details_are_changed_with_errors_at_their_fields(core: Core, door: Door):
    quay, _bay = await _make(core, "Quay", "Bay")
    berth = CustomField("berth", "Berth", "single-select", options=("North", "South"))
    await replace_custom_fields(core, [berth], subject="company")
    home = f"/companies/{quay}"
    form = {
        "name": "Quay & Sons",
        "employees_number": "12",
        "date_of_start": "1999-04-01",
        "website": "quay.example",
        "description": "Builds <b>boats</b>",
        "custom_values.berth": "North",
    }
    assert (await door.post(f"{home}/details", form)).status_code == 303
    company = (await queries.company_by_id(core, quay)).company
    assert (company.name, company.employees_number, company.custom) == ("Quay & Sons", 12, {"berth": "North"})
    page = (await door.client.get(f"{home}/details")).text
    assert "Builds boats</p>" in page
    assert 'value="1999-04-01"' in page
    assert '<option value="North" selected>' in page
    for field, bad in {"name": "Bay", "employees_number": "some", "date_of_start": "soon", "website": "a b"}.items():
        refused = await door.post(f"{home}/details", form | {field: bad})
        assert refused.status_code == 422
        assert f'id="{field}-error"' in refused.text, field
    await door.post(f"{home}/details", {"name": "Quay"})
    company = (await queries.company_by_id(core, quay)).company
    assert (company.website, company.employees_number, company.custom) == (None, 0, {})
    assert (await door.client.get("/companies/404/details")).status_code == 404


async def test_notes_are_written_and_deleted(core: Core, door: Door):
    (quay,) = await _make(core, "Quay")
    home = f"/companies/{quay}/notes"
    assert 'id="description-error"' in (await door.post(home, {"kind": "note"})).text
    await door.post(home, {"kind": "call", "title": "First call", "description": "<i onclick=x()>Wants</i> a boat"})
    page = (await door.client.get(home)).text
    assert "First call" in page
    assert "<i>Wants</i> a boat" in page
    assert (await door.post("/companies/404/notes", {"title": "x"})).status_code == 404
    note = await core.db.fetchval("SELECT id FROM notes")
    assert 'id="note-form"' in (await door.client.get(f"{home}/{note}")).text
    assert (await door.post(f"{home}/{note}", {"kind": "feedback", "title": ""})).status_code == 422
    await door.post(f"{home}/{note}", {"kind": "feedback", "title": "Glad"})
    assert "Feedback" in (await door.client.get(home)).text
    assert (await door.post(f"/companies/404/notes/{note}", {"title": "x"})).status_code == 404
    assert (await door.post(f"{home}/{note}/delete", {})).status_code == 303
    assert (await door.post(f"{home}/{note}/delete", {})).status_code == 404


async def test_a_profile_shows_its_companies_adds_and_removes_them(core: Core, door: Door):
    quay, bay = await _make(core, "Quay", "Bay")
    (ada,) = await _people(core, "Ada")
    to = f"/contacts/{ada}/companies"
    names = (await door.client.get(f"{to}/find?company=qu", headers=HTMX)).text
    assert names == '<option value="Quay"></option>'
    await door.post(to, {"company": "QUAY"}, HTMX)
    card = (await door.post(to, {"company": "bay"}, HTMX)).text
    assert "<html" not in card
    assert "Make Bay the primary company" in card
    card = (await door.post(to, {"primary": str(bay)}, HTMX)).text
    assert "Make Quay the primary company" in card
    await door.post(to, {"remove": str(quay)})
    page = (await door.client.get(f"/contacts/{ada}")).text
    assert f'href="/companies/{bay}"' in page
    assert f'href="/companies/{quay}"' not in page
    await door.post(to, {"company": "Newcomer"}, HTMX)
    assert [one.name for one in await _all(core)] == ["Bay", "Newcomer", "Quay"]
    rights = "{fcrm_read_contacts,fcrm_manage_contacts}"
    await core.db.execute("UPDATE users SET role = 'editor', permissions = $1::text::text[]", rights)
    assert "you may not make one" in (await door.post(to, {"company": "Stranger"}, HTMX)).text
    assert (await door.post(f"/companies/{bay}/contacts", {"ids": str(ada)})).status_code == 403


async def test_who_may_only_read_sees_and_changes_nothing(core: Core, door: Door):
    (quay,) = await _make(core, "Quay")
    (ada,) = await _people(core, "Ada")
    await members.attach_companies(core, [ada], [quay])
    await core.db.execute("UPDATE users SET role = 'editor', permissions = '{fcrm_read_contacts}'")
    for path in ("/companies", f"/companies/{quay}", f"/companies/{quay}/details", f"/companies/{quay}/notes"):
        page = await door.client.get(path)
        assert "Quay" in page.text
        assert "/companies/new" not in page.text
        assert 'name="ids"' not in page.text
        assert "Save" not in page.text
    for path in ("new", f"{quay}/add"):
        assert (await door.client.get(f"/companies/{path}")).status_code == 403
    changes = (
        "new",
        "delete",
        "/delete",
        "/details",
        "/notes",
        "/notes/1/delete",
        "/contacts",
        "/contacts/remove",
        "/owner",
    )
    for path in changes:
        address = f"/companies/{quay}{path}" if path.startswith("/") else f"/companies/{path}"
        assert (await door.post(address, {"name": "x", "ids": str(ada)})).status_code == 403, path
    assert (await door.post(f"/contacts/{ada}/companies", {"remove": str(quay)})).status_code == 403
    assert await _members(core, quay) == [ada]


async def test_companies_that_are_off_are_nowhere(core: Core, door: Door):
    (quay,) = await _make(core, "Quay")
    (ada,) = await _people(core, "Ada")
    await members.attach_companies(core, [ada], [quay])
    assert 'href="/companies"' in (await door.client.get(f"/contacts/{ada}")).text
    await switch(core, {"companies": False})
    for path in ("", "/new", f"/{quay}", f"/{quay}/details", f"/{quay}/notes", f"/{quay}/add"):
        assert (await door.client.get(f"/companies{path}")).status_code == 404, path
    assert (await door.post(f"/companies/{quay}/delete", {})).status_code == 404
    assert (await door.post(f"/contacts/{ada}/companies", {"remove": str(quay)})).status_code == 404
    page = await door.client.get(f"/contacts/{ada}")
    assert page.status_code == 200
    assert "/companies" not in page.text
    assert await _members(core, quay) == [ada]
