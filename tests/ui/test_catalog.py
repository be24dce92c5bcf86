"""Lists, tags and custom fields as pages: made, changed, found and deleted, with errors at their fields."""

from __future__ import annotations

import httpx
import pytest

from tests.conftest import StatementCounter
from tests.ui.door import Door
from tidings.contacts import actions, catalog, queries
from tidings.contacts.types import CustomField, Draft
from tidings.platform.core import Core

HTMX = {"hx-request": "true"}


async def _titles(core: Core, what: str) -> list[str]:
    rows = (await (catalog.list_lists(core) if what == "lists" else catalog.list_tags(core))).rows
    return sorted(one.title for one in rows)


@pytest.mark.parametrize("what", ["lists", "tags"])
async def test_one_is_made_changed_and_deleted(core: Core, door: Door, what: str):
    assert "yet</h2>" in (await door.client.get(f"/{what}")).text
    made = await door.post(f"/{what}/new", {"title": "News <b>", "description": "Monthly"})
    assert (made.status_code, made.headers["location"]) == (303, f"/{what}")
    page = (await door.client.get(f"/{what}")).text
    assert "News" in page
    assert "<b></a>" not in page
    sheet = await door.client.get(f"/{what}/1/edit", headers=HTMX)
    assert 'value="News' in sheet.text
    assert "<html" not in sheet.text
    await door.post(f"/{what}/1/edit", {"title": "Letter", "slug": "letter", "description": ""})
    assert await _titles(core, what) == ["Letter"]
    await door.post(f"/{what}/new", {"title": "Other"})
    refused = await door.post(f"/{what}/2/edit", {"title": "Other", "slug": "letter"})
    assert refused.status_code == 422
    assert 'id="slug-error"' in refused.text
    assert (await door.post(f"/{what}/new", {"title": " "})).status_code == 422
    assert (await door.client.get(f"/{what}/99/edit")).status_code == 404
    assert "Letter" in (await door.client.get(f"/{what}?q=lett")).text
    assert "is called that" in (await door.client.get(f"/{what}?q=nobody")).text
    await door.post(f"/{what}/1/delete", {})
    assert await _titles(core, what) == ["Other"]
    await door.post(f"/{what}/delete", {"ids": ["2", "77"]})
    assert await _titles(core, what) == []
    noted = await core.db.fetch("SELECT action FROM audit_entries ORDER BY id")
    assert [row["action"] for row in noted][-2:] == [f"{what}_deleted"] * 2


async def test_a_group_stands_with_its_list_and_goes_with_it(core: Core, door: Door):
    news = await actions.create_list(core, title="News")
    form = await door.client.get(f"/lists/new?parent={news}")
    assert f'<option value="{news}" selected>' in form.text
    await door.post("/lists/new", {"title": "Berlin", "parent": str(news), "is_public": "yes"})
    page = (await door.client.get("/lists")).text
    assert "Group of News" in page
    assert "Offered" in page
    refused = await door.post("/lists/new", {"title": "Lost", "parent": "404"})
    assert refused.status_code == 422
    await door.post(f"/lists/{news}/delete", {})
    assert await _titles(core, "lists") == []


@pytest.mark.parametrize("what", ["lists", "tags"])
async def test_a_table_costs_the_same_for_one_row_and_for_three(
    core: Core, door: Door, statements: StatementCounter, what: str
):
    make = actions.create_list if what == "lists" else actions.create_tag
    one = await make(core, title="One")
    if what == "lists":
        await actions.create_list(core, title="Group", parent_id=one)
    await door.client.get(f"/{what}")
    with statements as few:
        await door.client.get(f"/{what}")
    for n in range(3):
        await make(core, title=f"More {n}")
    with statements as many:
        await door.client.get(f"/{what}")
    assert many.count == few.count <= 8


async def _fields(core: Core) -> list[CustomField]:
    return list((await queries.custom_fields(core)).values())


async def test_custom_fields_are_made_moved_changed_and_deleted(core: Core, door: Door):
    assert "No custom fields yet" in (await door.client.get("/fields")).text
    for label, kind, options in (("Plan", "single-select", "Free\n Pro \n\nPro"), ("Since", "date", "")):
        made = await door.post("/fields/new", {"label": label, "kind": kind, "options": options})
        assert made.status_code == 303
    assert [(one.slug, one.kind, tuple(one.options)) for one in await _fields(core)] == [
        ("plan", "single-select", ("Free", "Pro")),
        ("since", "date", ()),
    ]
    await actions.write_contact(core, Draft({"email": "a@y.co"}, custom={"plan": "Pro"}))
    page = (await door.client.get("/fields")).text
    assert "{{contact.custom.plan}}" in page
    await door.post("/fields/since/move", {"way": "up"})
    await door.post("/fields/since/move", {"way": "up"})
    assert [one.slug for one in await _fields(core)] == ["since", "plan"]
    await door.post("/fields/plan/edit", {"label": "Tariff", "kind": "number", "slug": "other", "options": "Pro\nTeam"})
    changed = (await _fields(core))[1]
    assert (changed.slug, changed.kind, changed.label, list(changed.options)) == (
        "plan",
        "single-select",
        "Tariff",
        ["Pro", "Team"],
    )
    await door.post("/fields/since/delete", {})
    assert [one.slug for one in await _fields(core)] == ["plan"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"label": "", "kind": "text"}, "label"),
        ({"label": "A", "kind": "picture"}, "kind"),
        ({"label": "A", "kind": "checkbox", "options": " \n"}, "options"),
        ({"label": "A", "kind": "text", "slug": "plan"}, "slug"),
    ],
)
async def test_a_bad_field_is_told_at_its_place(core: Core, door: Door, form: dict[str, str], field: str):
    await actions.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    refused = await door.post("/fields/new", form)
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text
    assert len(await _fields(core)) == 1


async def test_who_may_only_read_sees_and_changes_nothing(core: Core, door: Door):
    await actions.create_tag(core, title="VIP")
    await core.db.execute(
        "UPDATE users SET role = 'editor', permissions = '{fcrm_read_contacts}' WHERE role = 'administrator'"
    )
    page: httpx.Response = await door.client.get("/tags")
    assert "VIP" in page.text
    assert "/tags/new" not in page.text
    assert "/tags/delete" not in page.text or 'name="ids"' not in page.text
    for path in ("/tags/new", "/lists/new", "/fields/new"):
        assert (await door.client.get(path)).status_code == 403
    for path in ("/tags/1/delete", "/tags/delete", "/lists/new", "/fields/x/delete"):
        assert (await door.post(path, {"title": "x", "ids": "1"})).status_code == 403
    assert await _titles(core, "tags") == ["VIP"]
