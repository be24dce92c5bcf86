"""Forms on the wire: templates, made, listed, and what was sent by them."""

from __future__ import annotations

import json

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import NOW
from tidings.contacts import actions as contacts
from tidings.forms.actions import submit
from tidings.forms.queries import form_by_id
from tidings.forms.types import Sent
from tidings.platform import modules
from tidings.platform.core import Core


async def test_a_form_is_made_of_a_template_and_listed(crm: Mouth, core: Core):
    assert (await crm.get("/forms")).json() == {
        "installed": True,
        "forms": {"data": [], "page": 1, "per_page": 10, "total": 0, "last_page": 1},
    }
    templates = (await crm.get("/forms/templates")).json()["templates"]
    assert list(templates) == ["inline_subscribe", "simple_optin", "with_name_subscribe"]
    assert templates["with_name_subscribe"]["map_fields"]["email"] == "email"
    assert json.loads(templates["simple_optin"]["form_fields"])["fields"][0]["kind"] == "email"
    list_id, tag = await contacts.create_list(core, title="News"), await contacts.create_tag(core, title="VIP")
    given = {"template_id": "inline_subscribe", "title": "F", "selected_list": list_id, "selected_tags": [tag]}
    made = (await crm.post("/forms", given | {"double_optin": True})).json()
    assert made["message"] == "Form has been created"
    assert made["created_form"]["preview_url"].startswith("http")
    twice = await crm.post("/forms", given)
    assert twice.status_code == 422
    assert twice.json()["errors"] == {"title": ["The title has already been taken."]}
    assert (await crm.post("/forms", given | {"template_id": "none"})).status_code == 422
    [row] = (await crm.get("/forms", search="f")).json()["forms"]["data"]
    assert (row["title"], row["associate_tags"], row["associate_lists"]) == ("F", "VIP", "News")
    assert (row["status"], row["created_at"], row["shortcode"]) == ("published", NOW, f'[fluentform id="{row["id"]}"]')
    assert (await crm.get("/forms", search="100%")).json()["forms"]["total"] == 0


async def test_entries_are_numbered_searched_and_read(crm: Mouth, core: Core):
    sent = {"template_id": "with_name_subscribe", "title": "F", "double_optin": False}
    form_id = (await crm.post("/forms", sent)).json()["created_form"]["id"]
    form = await form_by_id(core, form_id)
    for name in ("ada", "bob"):
        answers = {"email": [f"{name}@example.org"], "first_name": [f"<{name}>"]}
        await submit(core, form, Sent(answers, ip="192.0.2.1", agent="Mozilla/5.0 Firefox/130.0"))
    body = (await crm.get(f"/forms/{form_id}/entries")).json()
    assert body["form"] == {"id": form_id, "title": "F"}
    assert [row["serial_number"] for row in body["entries"]["data"]] == [2, 1]
    assert (body["entries"]["total"], body["entries"]["last_page"]) == (2, 1)
    [row] = (await crm.get(f"/forms/{form_id}/entries", search="ADA@")).json()["entries"]["data"]
    assert (row["serial_number"], row["status"], row["browser"], row["device"]) == (1, "unread", "Firefox", "Desktop")
    assert row["response"] == {"email": "ada@example.org", "first_name": "<ada>"}
    shown = (await crm.get(f"/forms/{form_id}/entries/{row['id']}")).json()["entry"]["content_html"]
    assert "<td>First name</td><td>&lt;ada&gt;</td>" in shown
    [read] = (await crm.get(f"/forms/{form_id}/entries", search="ada@")).json()["entries"]["data"]
    assert read["status"] == "read"
    tab = (await crm.get(f"/subscribers/{row['subscriber_id']}/form-submissions", provider="fluentform")).json()
    assert tab["submissions"]["total"] == 1
    [sent_row] = tab["submissions"]["data"]
    assert (sent_row["form_id"], sent_row["Form Title"], sent_row["status"]) == (form_id, "F", "read")
    unknown = await crm.get("/forms/999/entries")
    assert (unknown.status_code, unknown.json()["entries"]) == (422, [])
    assert (await crm.get(f"/forms/{form_id}/entries/999")).status_code == 404
    await modules.switch(core, {"forms": False})
    assert (await crm.get("/forms")).json() == {"installed": False, "forms": {"data": [], "total": 0}}
    assert (await crm.get(f"/forms/{form_id}/entries")).status_code == 422
    assert (await crm.post("/forms", sent | {"title": "G"})).status_code == 422
