"""Companies on the wire: their rows, who belongs to them, bulk actions, notes, custom fields, and all of it switched
off."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.dialects.mouth import Mouth, changed, rows
from tests.dialects.shapes import NOW, PAGE_KEYS
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.imports.actions import create_import
from tidings.platform import modules
from tidings.platform.core import Core

COLUMNS = ["id", "hash", "owner_id", "name", "industry", "email", "timezone", "address_line_1", "address_line_2"]
COLUMNS += ["postal_code", "city", "state", "country", "employees_number", "description", "phone", "type", "logo"]
COLUMNS += ["website", "linkedin_url", "facebook_url", "twitter_url", "date_of_start", "meta", "created_at"]
COLUMNS += ["updated_at"]


async def company(crm: Mouth, name: str, **values: Any) -> int:
    return (await crm.post("/companies", {"name": name, **values})).json()["company"]["id"]


async def person(core: Core, name: str) -> int:
    return (await contacts.write_contact(core, Draft({"email": f"{name}@example.org", "first_name": name}))).id


async def test_a_company_is_made_read_changed_and_deleted(crm: Mouth):
    given = {"name": "Globex", "website": "globex.test", "employees_number": 120, "date_of_start": "2001-02-03"}
    made = (await crm.post("/companies", given | {"email": "info@globex.test", "unknown": "x"})).json()
    assert made["message"] == "Company has been created successfully"
    digest = made["company"].pop("hash")
    assert len(digest) == 32
    assert made["company"] == {
        "name": "Globex",
        "website": "https://globex.test",
        "employees_number": 120,
        "date_of_start": "2001-02-03",
        "email": "info@globex.test",
        "meta": {"custom_values": []},
        "updated_at": NOW,
        "created_at": NOW,
        "id": 1,
    }
    edited = (await crm.put("/companies/1", {"type": "Partner", "email": ""})).json()
    assert edited["message"] == "Company has been updated"
    assert list(edited["company"]) == COLUMNS
    assert edited["company"] | {"hash": digest} == edited["company"]
    shown = (await crm.get("/companies/1")).json()["company"]
    assert shown == edited["company"] | {"contacts_count": 0, "owner": None}
    assert (shown["type"], shown["email"], shown["employees_number"]) == ("Partner", None, "120")
    form = {"content-type": "application/x-www-form-urlencoded"}
    minimal = (await crm.post("/companies", raw=b"name=Initech", headers=form)).json()["company"]
    assert set(minimal) == {"name", "meta", "hash", "updated_at", "created_at", "id"}
    by_zero = await crm.put("/companies/0", {"name": "Umbrella"})
    assert by_zero.json()["message"] == "Company has been created successfully"
    assert (await crm.delete("/companies/3")).json() == {"message": "Company has been deleted successfully"}
    for answer in (await crm.get("/companies/3"), await crm.delete("/companies/3"), await crm.put("/companies/3", {})):
        assert answer.status_code == 404
        assert answer.json()["message"].endswith("[Company] 3")


async def test_companies_are_looked_up_by_other_columns(crm: Mouth):
    await company(crm, "Globex", email="info@globex.test", phone="123")
    for by, value in (("name", "globex"), ("email", "INFO@globex.test"), ("phone", "123")):
        found = await crm.get("/companies/0", find_by=by, find_by_value=value)
        assert found.json()["company"]["id"] == 1
    for by, value in (("name", "nobody"), ("name", ""), ("hash", "1")):
        missing = await crm.get("/companies/0", find_by=by, find_by_value=value)
        assert (missing.status_code, missing.json()) == (422, "Company not found")


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({}, {"name": {"required": "The name field is required."}}),
        ({"name": " GLOBEX "}, {"name": {"unique": "The name attribute is already taken and must be unique."}}),
        ({"name": "A", "website": "javascript:x"}, {"website": {"url": "The address must be a valid URL."}}),
        ({"name": "A", "owner_user_id": 99}, {"owner_id": {"exists": "The owner must be a contact."}}),
        ({"name": {"a": 1}}, {"name": {"required": "The name field is required."}}),
    ],
)
async def test_a_bad_company_is_refused_and_nothing_is_written(crm: Mouth, core: Core, body: Any, answer: Any):
    await company(crm, "Globex")
    before = await rows(core)
    refused = await crm.post("/companies", body)
    assert (refused.status_code, refused.json()) == (422, answer)
    assert await changed(core, before) == []


async def test_a_taken_name_is_worded_otherwise_by_an_update(crm: Mouth):
    await company(crm, "Globex")
    other = await company(crm, "Initech")
    refused = await crm.put(f"/companies/{other}", {"name": "globex"})
    assert refused.status_code == 422
    assert refused.json() == {"message": "Company name already exists. Please use a different company name"}


async def test_a_page_of_companies_has_counts_and_owners_and_is_narrowed(crm: Mouth, core: Core):
    ada = await person(core, "ada")
    await company(crm, "beta", type="Vendor", industry="Banking")
    await company(crm, "Alpha", type="Partner", owner_user_id=ada)
    body = (await crm.get("/companies", sort_by="name", sort_order="ASC")).json()["companies"]
    assert set(body) == PAGE_KEYS
    assert [one["name"] for one in body["data"]] == ["Alpha", "beta"]
    assert list(body["data"][0]) == [*COLUMNS, "contacts_count", "owner"]
    first = body["data"][0]
    assert (first["contacts_count"], first["owner_id"], first["owner"]["first_name"]) == (1, str(ada), "ada")
    assert body["data"][1]["owner"] is None
    assert (await crm.get("/companies/2")).json()["company"]["owner"]["stats"]["emails"] == 0

    async def names(**query: Any) -> list[str]:
        return [one["name"] for one in (await crm.get("/companies", **query)).json()["companies"]["data"]]

    assert await names() == await names(sort_by="nonsense") == ["Alpha", "beta"]
    assert await names(search="BET") == ["beta"]
    assert await names(**{"inline_filters[company_types][]": "partner"}) == ["Alpha"]
    assert await names(**{"inline_filters[company_categories][]": "Banking"}) == ["beta"]
    assert await names(**{"inline_filters[company_types][]": "Customer"}) == []


async def test_companies_and_contacts_to_attach_are_searched(crm: Mouth, core: Core):
    ada, ben = await person(core, "ada"), await person(core, "ben")
    one, two = await company(crm, "Globex", phone="1"), await company(crm, "Initech")
    await crm.post("/companies/attach-subscribers", {"subscriber_ids": [ada], "company_ids": [one]})
    found = (await crm.get("/companies/search", search="glo")).json()
    result = {"id": one, "name": "Globex", "email": None, "logo": None, "phone": "1", "website": None}
    assert found == {"results": [result], "has_more": False}
    found = (await crm.get("/companies/search", search="glo", **{"values[]": two})).json()
    assert [row["id"] for row in found["results"]] == [one, two]
    found = (await crm.get("/companies/search", subscriber_id=ada)).json()
    assert [row["id"] for row in found["results"]] == [two]
    outside = (await crm.get("/companies/search-unattached-contacts", company_id=one)).json()["results"]
    assert [row["id"] for row in outside] == [ben]
    assert "photo" in outside[0]
    outside = (await crm.get("/companies/search-unattached-contacts", company_id=two, search="ada")).json()
    assert [row["id"] for row in outside["results"]] == [ada]


async def test_contacts_show_their_companies_and_the_primary_one(crm: Mouth, core: Core):
    ada, ben = await person(core, "ada"), await person(core, "ben")
    one, two = await company(crm, "Globex"), await company(crm, "Initech")
    pairs = {"subscriber_ids": [ada, ben], "company_ids": [one, two]}
    attached = (await crm.post("/companies/attach-subscribers", pairs)).json()
    assert attached["message"] == "Selected Companies have been attached successfully"
    assert [list(row) for row in attached["companies"]] == [COLUMNS, COLUMNS]
    shown = (await crm.get(f"/subscribers/{ada}")).json()["subscriber"]
    assert shown["company_id"] == str(one)
    assert "company" not in shown
    assert list(shown["companies"][0]) == [*COLUMNS, "pivot"]
    assert shown["companies"][1]["pivot"] == {
        "subscriber_id": str(ada),
        "object_id": str(two),
        "object_type": "FluentCrm\\App\\Models\\Company",
        "created_at": "2026-11-20T12:00:00+00:00",
        "updated_at": "2026-11-20T12:00:00+00:00",
    }
    row = (await crm.get("/subscribers")).json()["subscribers"]["data"][0]
    assert (row["company"]["name"], [c["name"] for c in row["companies"]]) == ("Globex", ["Globex", "Initech"])
    gone = (await crm.post("/companies/detach-subscribers", {"subscriber_ids": [ada], "company_ids": [one]})).json()
    assert (gone["last_primary_company_id"], gone["message"]) == (two, "Company has been successfully detached")
    again = (await crm.post("/companies/detach-subscribers", {"subscriber_ids": [ada], "company_ids": [one]})).json()
    assert again["last_primary_company_id"] is False
    for body in ({}, {"subscriber_ids": [ada], "company_ids": []}, {"subscriber_ids": [ada], "company_ids": [999]}):
        refused = await crm.post("/companies/attach-subscribers", body)
        assert (refused.status_code, refused.json()) == (422, "Invalid data")


async def test_contacts_are_filtered_by_company(crm: Mouth, core: Core):
    ada, ben = await person(core, "ada"), await person(core, "ben")
    one, two = await company(crm, "Globex", type="Partner"), await company(crm, "Initech", industry="Banking")
    await crm.post("/companies/attach-subscribers", {"subscriber_ids": [ada], "company_ids": [one, two]})
    await crm.post("/companies/attach-subscribers", {"subscriber_ids": [ben], "company_ids": [two]})

    async def ids(**query: Any) -> list[int]:
        return [row["id"] for row in (await crm.get("/subscribers", **query)).json()["subscribers"]["data"]]

    async def advanced(name: str, operator: str, value: str) -> list[int]:
        filters = f'[[{{"source": ["segment", "{name}"], "operator": "{operator}", "value": {value}}}]]'
        return await ids(filter_type="advanced", advanced_filters=filters)

    assert await ids(**{"company_ids[]": two}) == [ben, ada]
    assert await ids(**{"company_ids[]": one}) == [ada]
    assert await advanced("companies", "in_all", f"[{one}, {two}]") == [ada]
    assert await advanced("companies", "not_in", f"[{one}]") == [ben]
    assert await advanced("company_type", "in", '["partner"]') == [ada]
    assert await advanced("company_industry", "in", '["Banking"]') == [ben, ada]
    assert await advanced("company_type", "is_null", '""') == [ben]


async def test_the_company_of_contacts_is_set_as_property_in_bodies_and_in_bulk(crm: Mouth, core: Core):
    ada, ben = await person(core, "ada"), await person(core, "ben")
    one, two = await company(crm, "Globex"), await company(crm, "Initech")
    change = {"property": "company_id", "value": one, "subscribers": [ada]}
    assert (await crm.put("/subscribers/subscribers-property", change)).json()["message"].startswith("Subscribers")
    refused = await crm.put("/subscribers/subscribers-property", change | {"value": 999})
    assert refused.status_code == 404

    async def companies_of(contact_id: int) -> tuple[str | None, list[int]]:
        shown = (await crm.get(f"/subscribers/{contact_id}")).json()["subscriber"]
        return shown["company_id"], [row["id"] for row in shown["companies"]]

    assert await companies_of(ada) == (str(one), [one])
    await crm.put(f"/subscribers/{ada}", {"company_id": two})
    assert await companies_of(ada) == (str(two), [one, two])
    await crm.put(f"/subscribers/{ada}", {"detach_companies": [two]})
    assert await companies_of(ada) == (str(one), [one])
    bulk = {"action_name": "add_to_company", "subscriber_ids": [ada, ben], "new_status": one}
    done = (await crm.post("/subscribers/do-bulk-action", bulk)).json()
    assert done["message"] == "1 subscribers have been attached to the selected company"
    refused = await crm.post("/subscribers/do-bulk-action", bulk)
    assert refused.json() == {"message": "No valid active subscribers found for this company"}
    done = (await crm.post("/subscribers/do-bulk-action", bulk | {"action_name": "remove_from_company"})).json()
    assert done["message"] == "2 subscribers have been detached from the selected company"
    assert await companies_of(ada) == (None, [])
    assert (await crm.post("/subscribers/do-bulk-action", bulk | {"new_status": 999})).status_code == 422
    new = {"email": "new@example.org", "status": "subscribed", "companies": ["Umbrella", one]}
    made = (await crm.post("/subscribers", new)).json()["contact"]["id"]
    assert await companies_of(made) == ("3", [one, 3])


async def test_a_property_of_companies_is_checked_and_set(crm: Mouth, core: Core):
    ada, one = await person(core, "ada"), await company(crm, "Globex", type="Agency")
    base = {"companies": one}
    for name, value in (("type", "vendor"), ("type", "agency"), ("logo", "crm.test/l.png"), ("owner_id", ada)):
        done = await crm.put("/companies/companies-property", base | {"property": name, "value": value})
        assert done.json() == ({"message": "Company successfully updated"} if value != "agency" else done.json())
    shown = (await crm.get(f"/companies/{one}")).json()["company"]
    assert (shown["type"], shown["logo"], shown["owner_id"]) == ("Vendor", "https://crm.test/l.png", str(ada))
    for body, answer in (
        ({"property": "name", "value": "x"}, {"message": "Column is not valid"}),
        ({"property": "type", "value": "nonsense"}, {"message": "Value is not valid"}),
    ):
        refused = await crm.put("/companies/companies-property", base | body)
        assert (refused.status_code, refused.json()) == (422, answer)
    missing = (await crm.put("/companies/companies-property", {})).json()
    assert set(missing) == {"column", "company_ids"}
    same = await crm.put("/companies/companies-property", base | {"property": "refetch_logo", "value": "yes"})
    assert same.json() == {"message": "Company successfully updated"}


async def test_bulk_actions_take_ids_or_a_filter_but_never_everything_by_accident(crm: Mouth, core: Core):
    ids = [await company(crm, f"C{n}", type="Vendor" if n % 2 else "Partner") for n in range(4)]
    path = "/companies/do-bulk-action"
    done = (
        await crm.post(path, {"action_name": "change_company_type", "company_ids": ids[:2], "new_status": "X"})
    ).json()
    message = "Company Type has been updated for the selected companies"
    assert done == {"last_company_id": ids[1], "completed_companies": 2, "message": message}
    by_filter = {"action_name": "change_company_category", "new_status": "Banking", "company_ids": []}
    by_filter["company_query"] = {"inline_filters": {"company_types": ["Vendor"]}}
    done = (await crm.post(path, by_filter)).json()
    assert (done["last_company_id"], done["completed_companies"]) == (ids[3], 1)
    done = (await crm.post(path, by_filter | {"last_id": ids[3]})).json()
    assert (done["is_completed"], done["completed_companies"]) == (True, 0)
    refused = await crm.post(path, {"action_name": "change_company_type", "company_ids": ids, "new_status": ""})
    assert refused.json() == {"message": "Please select new type"}
    before = await rows(core)
    for selection in ({}, {"company_ids": []}, {"company_ids": ["x"]}, {"company_query": "all"}):
        assert (await crm.post(path, {"action_name": "delete_companies", **selection})).status_code == 422
    unknown = (await crm.post(path, {"action_name": "nope", "company_ids": ids})).json()
    assert unknown["message"] == "Selected bulk action has been successfully completed"
    assert await changed(core, before) == []
    done = (await crm.post(path, {"action_name": "delete_companies", "company_ids": ids[:3]})).json()
    assert done["message"] == "Selected Companies have been deleted permanently"
    assert [row["id"] for row in (await crm.get("/companies")).json()["companies"]["data"]] == ids[3:]


async def test_notes_of_a_company_are_written_listed_changed_and_removed(crm: Mouth):
    one, two = await company(crm, "Globex"), await company(crm, "Initech")
    note = {"title": "Call", "description": "Called <b>them</b><script></script>", "type": "call"}
    made = (await crm.post(f"/companies/{one}/notes", {"note": note})).json()
    assert made == {
        "note": {
            "title": "Call",
            "description": "Called <b>them</b>",
            "type": "call",
            "created_at": NOW,
            "subscriber_id": one,
            "created_by": 1,
            "status": "_company_note_",
            "updated_at": NOW,
            "id": 1,
        },
        "message": "Note has been successfully added",
    }
    body = (await crm.get(f"/companies/{one}/notes", search="call")).json()
    assert set(body["notes"]) == PAGE_KEYS
    assert set(body["fields"]["fields"]) == {"type", "created_at", "title", "description"}
    stored = body["notes"]["data"][0]
    assert stored["added_by"] == {"ID": 1, "first_name": "", "last_name": "", "display_name": "Ada Byron"}
    assert (stored["subscriber_id"], stored["status"]) == (str(one), "_company_note_")
    missing = (await crm.post(f"/companies/{one}/notes", {"note": {}})).json()
    assert set(missing) == {"title", "description", "type"}
    edit = {"note": note | {"title": "Call 2"}}
    assert (await crm.put(f"/companies/{one}/notes/1", edit)).json()["note"]["title"] == "Call 2"
    # A note is reached through its own company only, and never as the note of a contact.
    for path in (f"/companies/{two}/notes/1", "/subscribers/1/notes/1", f"/companies/{one}/notes/9"):
        assert (await crm.put(path, edit)).status_code == 404
    assert (await crm.post("/companies/999/notes", {"note": note})).status_code == 404
    await crm.delete(f"/companies/{two}/notes/1")
    assert (await crm.get(f"/companies/{one}/notes")).json()["notes"]["total"] == 1
    empty = await crm.post(f"/companies/{one}/notes/bulk-delete", {"note_ids": []})
    assert (empty.status_code, empty.json()) == (422, {"message": "No note IDs provided"})
    done = (await crm.post(f"/companies/{one}/notes/bulk-delete", {"note_ids": [1, 2]})).json()
    assert done == {"message": "1 note deleted"}


async def test_custom_fields_of_companies_are_their_own(crm: Mouth):
    asked = {"with[]": ["field_types", "field_groups"]}
    body = (await crm.get("/companies/custom-fields", **asked)).json()
    assert (body["fields"], body["field_groups"]) == ([], [{"slug": "default", "title": "Custom Company Data"}])
    assert len(body["field_types"]) == 9
    fields = [{"type": "text", "label": "VAT", "slug": "vat", "group": "a"}]
    saved = (await crm.put("/companies/custom-fields", {"fields": fields})).json()
    assert saved["message"] == "Fields saved successfully!"
    assert (await crm.get("/custom-fields/contacts")).json()["fields"] == []
    renamed = await crm.put("/companies/custom-fields/update_group_name", {"old_name": "a", "new_name": "b"})
    assert renamed.json()["fields"][0]["group"] == "b"
    made = await company(crm, "Globex", custom_values={"vat": "DE1", "other": "x"})
    shown = (await crm.get(f"/companies/{made}")).json()["company"]
    assert shown["meta"] == {"custom_values": {"vat": "DE1"}}
    await crm.put(f"/companies/{made}", {"meta": {"custom_values": {"vat": ""}}})
    assert (await crm.get(f"/companies/{made}")).json()["company"]["meta"] == {"custom_values": []}
    view = (await crm.get(f"/companies/{made}/custom_tab_view", section_provider="nope")).json()
    assert view == {"heading": "", "content_html": ""}


async def test_switched_off_companies_are_forbidden_and_not_shown(crm: Mouth, core: Core):
    ada, one = await person(core, "ada"), await company(crm, "Globex")
    await crm.post("/companies/attach-subscribers", {"subscriber_ids": [ada], "company_ids": [one]})
    await modules.switch(core, {"companies": False})
    for method, path in (("GET", "/companies"), ("POST", "/companies"), ("GET", f"/companies/{one}/notes")):
        refused = await crm.ask(method, path)
        assert (refused.status_code, refused.json()["code"]) == (403, "rest_forbidden")
    shown = (await crm.get(f"/subscribers/{ada}")).json()["subscriber"]
    assert shown["company_id"] == str(one)
    assert {"company", "companies"}.isdisjoint(shown)
    assert {"company", "companies"}.isdisjoint((await crm.get("/subscribers")).json()["subscribers"]["data"][0])


async def test_companies_come_from_an_uploaded_file(crm: Mouth, core: Core):
    await company(crm, "Globex")
    file = io.BytesIO(b"Company Name,website,owner email\nAcme,acme.test,\nGlobex,,\n")
    upload = (await create_import(core, file, file_name="co.csv")).path.removesuffix(".csv")
    mapping = [("Company Name", "name"), ("website", "website"), ("owner email", "owner_email")]
    body: dict[str, Any] = {"map": [{"csv": header, "table": target} for header, target in mapping]}
    body |= {"file": f"fluentcrm-{upload}-co.csv", "update": "no", "importing_page": 1}
    done = (await crm.post("/companies/csv-import", body)).json()
    assert done == {
        "total": 2,
        "completed": 2,
        "total_page": 1,
        "skipped": 1,
        "has_more": False,
        "last_page": 1,
        "offset": 0,
    }
    shown = (await crm.get("/companies/2")).json()["company"]
    assert (shown["name"], shown["website"]) == ("Acme", "http://acme.test")
    no_name = await crm.post("/companies/csv-import", body | {"map": body["map"][1:]})
    assert (no_name.status_code, list(no_name.json())) == (422, ["name"])
    assert (await crm.post("/companies/csv-import", body | {"file": "../../etc/passwd"})).status_code == 422
