"""Forms as pages: made from a template, changed question by question, their code, and what people sent."""

from __future__ import annotations

from tests.conftest import StatementCounter
from tests.ui.door import Door
from tidings.contacts import actions as contacts
from tidings.contacts.types import CustomField
from tidings.forms import actions, queries
from tidings.forms.types import Sent
from tidings.platform.core import Core

HTMX = {"hx-request": "true"}
EMAIL = {"name.0": "email", "label.0": "Your address", "kind.0": "email", "target.0": "email", "required.0": "yes"}
WHOLE = {"title": "Footer", "is_open": "yes", "count": "1", "button": "Join", "message": "Thanks", **EMAIL}


async def test_a_form_is_made_from_a_template_found_and_deleted(core: Core, door: Door):
    news = await contacts.create_list(core, title="News")
    assert "No forms yet" in (await door.client.get("/forms")).text
    sheet = (await door.client.get("/forms/new", headers=HTMX)).text
    assert "<html" not in sheet
    assert "Subscription Form" in sheet
    refused = await door.post("/forms/new", {"title": " ", "template": "with_name_subscribe"})
    assert refused.status_code == 422
    assert 'id="title-error"' in refused.text
    made = await door.post("/forms/new", {"title": "Foot & Co", "template": "with_name_subscribe", "list": str(news)})
    assert made.headers["location"] == "/forms/1"
    form = await queries.form_by_id(core, 1)
    assert ([one.name for one in form.fields], list(form.list_ids)) == (["first_name", "last_name", "email"], [news])
    assert not form.settings.has_double_opt_in
    assert (await door.post("/forms/new", {"title": "Foot & Co"})).status_code == 422
    page = (await door.client.get("/forms?q=foot")).text
    assert "Foot &amp; Co" in page
    assert "News" in page
    assert "No form is called that" in (await door.client.get("/forms?q=zebra")).text
    editor = (await door.client.get("/forms/1")).text
    assert f"form={form.slug}" in editor
    assert "&lt;iframe src=" in editor
    assert (await door.post("/forms/1/delete", {})).status_code == 303
    assert (await door.client.get("/forms/1")).status_code == 404


async def test_questions_are_added_moved_and_stored_with_names_of_their_own(core: Core, door: Door):
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    tag = await contacts.create_tag(core, title="Web")
    await door.post("/forms/new", {"title": "Footer"})
    press = {**HTMX, "hx-target": "fields"}
    added = await door.post("/forms/1", {**WHOLE, "do": "add"}, press)
    assert 'name="label.1"' in added.text
    assert 'name="title"' not in added.text
    two = {"label.1": "Which plan?", "kind.1": "select", "target.1": "custom.plan", "options.1": "Free\nPro"}
    moved = await door.post("/forms/1", {**WHOLE, **two, "count": "2", "do": "up:1"}, press)
    assert 'name="label.0" type="text" value="Which plan?"' in moved.text
    dropped = await door.post("/forms/1", {**WHOLE, **two, "count": "2", "do": "drop:0"}, press)
    assert "Your address" not in dropped.text
    assert (await queries.form_by_id(core, 1)).fields[0].label == "Email address"
    three = {"label.2": "Größe?", "kind.2": "number", "label.3": "Größe?", "kind.3": "text"}
    rest = {"tags": [str(tag), "99"], "on_existing": "update", "has_double_opt_in": "yes", "count": "4"}
    assert (await door.post("/forms/1", {**WHOLE, **two, **three, **rest})).status_code == 303
    form = await queries.form_by_id(core, 1)
    assert [one.name for one in form.fields] == ["email", "plan", "groe", "groe_2"]
    assert (form.title, form.state, list(form.tag_ids)) == ("Footer", "published", [tag])
    assert list(form.fields[1].options) == ["Free", "Pro"]
    assert (form.settings.button, form.settings.on_existing, form.settings.has_double_opt_in) == (
        "Join",
        "update",
        True,
    )


async def test_bad_questions_and_addresses_are_told_at_their_places(core: Core, door: Door):
    await door.post("/forms/new", {"title": "Footer"})
    refused = await door.post(
        "/forms/1",
        {**WHOLE, "count": "2", "label.1": "Plan", "kind.1": "radio", "redirect_url": "javascript:alert(1)"},
    )
    assert refused.status_code == 422
    assert 'id="fields.1-error"' in refused.text
    assert 'id="redirect_url-error"' in refused.text
    nobody = await door.post("/forms/1", {**WHOLE, "count": "0"})
    assert nobody.status_code == 422
    assert "required field for the email address" in nobody.text


async def test_what_people_sent_is_listed_read_and_found(core: Core, door: Door, statements: StatementCounter):
    await door.post("/forms/new", {"title": "Footer", "template": "with_name_subscribe"})
    form = await queries.form_by_id(core, 1)
    assert "Nobody sent it yet" in (await door.client.get("/forms/1/submissions")).text
    sent = [Sent({"email": [f"p{n}@y.co"], "first_name": [f"<Ann{n}>"]}, agent="Firefox") for n in range(3)]
    await actions.submit(core, form, sent[0])
    await door.client.get("/forms/1/submissions")
    with statements as few:
        await door.client.get("/forms/1/submissions")
    for one in sent[1:]:
        await actions.submit(core, form, one)
    with statements as many:
        page = (await door.client.get("/forms/1/submissions")).text
    assert many.count == few.count <= 9
    assert "&lt;Ann2&gt;" in page
    assert "3 new" in (await door.client.get("/forms")).text
    shown = await door.client.get("/forms/1/submissions/2", headers=HTMX)
    assert "p1@y.co" in shown.text
    assert "Firefox" in shown.text
    assert "2 new" in (await door.client.get("/forms")).text
    found = (await door.client.get("/forms/1/submissions?q=p0@y")).text
    assert "p0@y.co" in found
    assert "p2@y.co" not in found
    assert (await door.client.get("/forms/2/submissions/2")).status_code == 404
    await core.db.execute("UPDATE users SET role = 'editor', permissions = '{fcrm_read_contacts}'")
    for path in ("/forms", "/forms/1", "/forms/new", "/forms/1/submissions", "/forms/1/submissions/2"):
        assert (await door.client.get(path)).status_code == 403
    assert (await door.post("/forms/1/delete", {})).status_code == 403
