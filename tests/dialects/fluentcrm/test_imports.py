"""Import on the wire: the upload and its suggestions, the file in pages, accounts as contacts."""

from __future__ import annotations

from typing import Any

import httpx

from tests.dialects.mouth import Mouth
from tidings.access.actions import create_user
from tidings.contacts import actions as contacts
from tidings.contacts.types import CustomField
from tidings.platform.core import Core

FILE = 'Email,First Name,Last Name,Company,Plan,tags\nimp1@example.net,Imp,One,Globex,Pro,"CSV Tag,Other"\n'
FILE += "imp2@example.net,Imp,Two,,Free,\nbroken-mail,Bad,Mail,,,\nimp2@example.net,Imp,Duplicate,,,\n"
MAP = {"Email": "email", "First Name": "first_name", "Last Name": "last_name", "Company": "company_id"}
MAP |= {"Plan": "plan", "tags": "tags"}


async def upload(crm: Mouth, text: str, **fields: str) -> httpx.Response:
    request = httpx.Request(
        "POST", "http://x/", data=fields, files={"file": ("my contacts.csv", text.encode(), "text/csv")}
    )
    return await crm.ask(
        "POST", "/import/csv-upload", raw=request.read(), headers={"content-type": request.headers["content-type"]}
    )


def wired(mapping: dict[str, str]) -> list[dict[str, str]]:
    return [{"csv": header, "table": table} for header, table in mapping.items()]


async def test_an_upload_is_told_with_its_columns_and_suggestions(crm: Mouth, core: Core):
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    body = (await upload(crm, FILE)).json()
    assert body["file"].endswith("-fluentcrm-my-contacts.csv")
    assert body["headers"] == ["Email", "First Name", "Last Name", "Company", "Plan", "tags"]
    assert body["columns"] == list(body["fields"])
    assert [row["table"] for row in body["map"]] == ["email", "first_name", "last_name", None, "plan", None]
    firm = (await upload(crm, "Company Name,website,owner email\nA,a.test,\n", type="company")).json()
    assert [row["table"] for row in firm["map"]] == [None, "website", "owner_email"]
    assert firm["fields"]["name"] == "Company Name *"
    nothing = (await crm.post("/import/csv-upload", {})).json()
    assert (nothing["file"], nothing["headers"], nothing["map"]) == (None, [], [])
    twice = await upload(crm, "a,A\n1,2\n")
    assert twice.status_code == 422
    assert "twice" in twice.json()["message"]


async def test_a_file_comes_in_with_tags_companies_and_custom_fields(crm: Mouth, core: Core):
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    list_id = await contacts.create_list(core, title="News")
    name = (await upload(crm, FILE)).json()["file"]
    sent: dict[str, Any] = {"file": name, "map": wired(MAP), "lists": [list_id], "tags": [], "update": True}
    body = (await crm.post("/import/csv-import", sent | {"new_status": "pending", "double_optin_email": "yes"})).json()
    assert (body["total"], body["completed"], body["total_page"], body["has_more"]) == (4, 4, 1, False)
    assert (body["inserted"], body["updated"], body["skipped"], body["invalid_email_counts"]) == (2, 0, 1, 1)
    assert body["invalid_contacts"][0]["email"] == "broken-mail"
    assert body["invalid_contacts"][0]["custom_values"] == {"plan": ""}
    first, second = body["result"]["inserted"]
    assert (first["email"], first["status"], first["source"]) == ("imp1@example.net", "pending", "csv")
    assert {tag["title"] for tag in first["tags"]} == {"CSV Tag", "Other"}
    assert [one["title"] for one in second["lists"]] == ["News"]
    assert first["companies"][0]["name"] == "Globex"
    assert "companies" not in second
    jobs = await core.db.fetch("SELECT args ->> 'contact_id' AS id FROM jobs WHERE kind = 'mail_opt_in' ORDER BY id")
    assert [row["id"] for row in jobs] == [str(first["id"]), str(second["id"])]
    gone = await crm.post("/import/csv-import", sent)
    assert gone.status_code == 422
    unmapped = await crm.post("/import/csv-import", sent | {"map": wired({"First Name": "first_name"})})
    assert (unmapped.status_code, unmapped.json()) == (422, {"email": "The email field is required."})


async def test_a_large_file_is_asked_for_in_pages(crm: Mouth):
    text = "email\n" + "".join(f"p{n:03}@example.net\n" for n in range(120))
    name = (await upload(crm, text)).json()["file"]
    sent = {"file": name, "map": wired({"email": "email"}), "update": "true", "new_status": "subscribed"}
    one = (await crm.post("/import/csv-import", sent | {"importing_page": 1})).json()
    assert (one["completed"], one["has_more"], one["offset"], one["total_page"]) == (100, True, 0, 2)
    two = (await crm.post("/import/csv-import", sent | {"importing_page": 2})).json()
    assert (two["completed"], two["has_more"], two["offset"], two["inserted"]) == (120, False, 100, 20)


async def test_accounts_become_contacts(crm: Mouth, core: Core):
    for name in ("neo", "sue"):
        await create_user(
            core, login=name, email=f"{name}@crm.test", password="long enough 1", role="subscriber", first_name="Some"
        )
    drivers = (await crm.get("/import/drivers")).json()["drivers"]
    assert list(drivers) == ["csv", "users"]
    form = (await crm.get("/import/drivers/users")).json()
    assert [one["id"] for one in form["fields"]["roles"]["options"]][-1] == "subscriber"
    shown = (await crm.ask("GET", "/import/drivers/users?summary=1&config[roles][]=subscriber")).json()["import_info"]
    assert (shown["total"], shown["subscribers"][0]["email"]) == (2, "neo@crm.test")
    sent = {"config": {"roles": ["subscriber"], "status": "subscribed", "update": "true"}, "importing_page": 1}
    done = (await crm.post("/import/drivers/users", sent)).json()
    assert done == {"page_total": 1, "record_total": 2, "has_more": True, "current_page": 1, "next_page": 2}
    done = (await crm.post("/import/drivers/users", sent | {"importing_page": 2})).json()
    assert done["has_more"] is False
    assert await core.db.fetchval("SELECT count(*) FROM contacts WHERE user_id IS NOT NULL") == 2
    other = (await crm.post("/import/users", {"roles": ["subscriber"], "new_status": "pending"})).json()
    assert other["message"] == "Processing"
    for answer in (await crm.post("/import/drivers/nope", {"config": {}}), await crm.get("/import/drivers/nope")):
        assert (answer.status_code, answer.json()) == (422, {"message": "Sorry no driver found for this import"})
