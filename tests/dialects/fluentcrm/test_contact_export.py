"""Contacts as a file: columns, filters, segments, and who may have it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from tests.dialects.mouth import Mouth
from tidings.access import actions as access
from tidings.contacts import actions as contacts
from tidings.contacts.types import CustomField, Draft
from tidings.platform.core import Core


async def _rows(crm: Mouth, *query: tuple[str, str]) -> list[list[str]]:
    answer = await crm.ask("GET", "/subscribers/export", query=list(query))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def _people(core: Core) -> int:
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text", "default", [], "")])
    tag = await contacts.create_tag(core, title="T")
    for n in range(3):
        values = {"email": f"p{n}@example.com", "city": "Rome" if n else "Oslo", "points": n}
        tags = [tag] if n else []
        await contacts.write_contact(core, Draft(values, custom={"plan": f"P{n}"}, tags=tags, status="subscribed"))
    return tag


async def test_columns_and_filters_are_chosen(core: Core, crm: Mouth):
    tag = await _people(core)
    everyone = await _rows(crm)
    assert everyone[0][:2] == ["id", "email"]
    assert len(everyone) == 4
    columns = [("columns[]", name) for name in ("email", "total_points", "tags", "nope", "plan")]
    assert await _rows(crm, *columns, ("tags[]", str(tag))) == [
        ["email", "total_points", "tags", "plan"],
        ["p1@example.com", "1", "T", "P1"],
        ["p2@example.com", "2", "T", "P2"],
    ]
    query = json.dumps({"filter_type": "simple", "search": "oslo"})
    assert await _rows(crm, columns[0], ("contact_query", query), ("custom_fields[]", "plan")) == [
        ["email", "plan"],
        ["p0@example.com", "P0"],
    ]
    assert await _rows(crm, columns[0], ("offset", "1"), ("limit", "1")) == [["email"], ["p1@example.com"]]


async def test_a_segment_is_exported_and_an_unknown_one_is_empty(core: Core, crm: Mouth):
    await _people(core)
    body = {"title": "Romans", "conditions": [{"field": "city", "operator": "=", "value": "Rome"}]}
    made = (await crm.post("/dynamic-segments", {"segment": body})).json()["segment"]["id"]
    for slug, number, n in (("custom_segment", made, 2), ("custom_segment", 99, 0), ("wordpress_users", 0, 0)):
        segment = json.dumps({"slug": slug, "id": number})
        assert len(await _rows(crm, ("dynamic_segment", segment))) == n + 1, slug


async def test_a_file_never_holds_more_than_was_meant_and_is_written_down(core: Core, crm: Mouth):
    await _people(core)
    queries = [[("filter_type", "advanced"), ("advanced_filters", text)] for text in ("{", "[]", '[["x"]]')]
    queries += [[(name, text)] for name in ("contact_query", "dynamic_segment") for text in ("{", "x", "[1]")]
    for query in queries:
        answer = await crm.ask("GET", "/subscribers/export", query=query)
        assert (answer.status_code, answer.json()) == (422, {"message": "Invalid Advanced Filters"})
    assert await core.db.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'contacts_exported'") == 0
    await _rows(crm, ("columns[]", "email"))
    written = await core.db.fetchval("SELECT data FROM audit_entries WHERE action = 'contacts_exported'")
    assert written == {"columns": ["email"], "rule": {"rule": "everybody"}}
    await access.create_user(
        core,
        login="max",
        email="max@example.com",
        role="editor",
        permissions=["fcrm_read_contacts", "fcrm_manage_contacts"],
    )
    key: Any = await crm.new_key("max")
    assert (await crm.ask("GET", "/subscribers/export", auth=key)).status_code == 403
