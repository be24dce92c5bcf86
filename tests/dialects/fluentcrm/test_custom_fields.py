"""Definitions of custom fields: the list that one PUT replaces, and what each kind makes of a value."""

from __future__ import annotations

from typing import Any

from tests.dialects.mouth import Mouth

_PATH = "/custom-fields/contacts"
_FIELDS: list[dict[str, Any]] = [
    {"type": "text", "field_key": "text", "label": "Shoe Size", "slug": ""},
    {"type": "select-one", "field_key": "single-select", "label": "Plan", "slug": "plan", "options": ["Free", "Pro"]},
    {"field_key": "checkbox", "label": "Interests", "slug": "interests", "options": ["Music", "News"]},
    {"field_key": "date", "label": "Renews", "slug": "renews", "group": "Extra"},
    {"field_key": "number", "label": "Score", "slug": "score", "help": "0 to 9"},
    {"field_key": "text", "label": "Email", "slug": ""},
    {"field_key": "text", "label": "Again", "slug": "plan"},
    {"field_key": "textarea", "label": "7"},
]


async def test_the_list_is_replaced_and_tells_types_and_groups(crm: Mouth):
    empty = (await crm.ask("GET", _PATH, query=[("with[]", "field_types"), ("with[]", "field_groups")])).json()
    assert set(empty) == {"fields", "field_types", "field_groups"}
    assert empty["field_groups"] == [{"slug": "default", "title": "Custom Profile Data"}]
    assert list(empty["field_types"]) == [
        "text",
        "textarea",
        "number",
        "single-select",
        "multi-select",
        "radio",
        "checkbox",
        "date",
        "date_time",
    ]
    assert empty["field_types"]["single-select"] == {
        "type": "select-one",
        "label": "Select choice",
        "value_type": "string",
    }
    saved = (await crm.put(_PATH, {"fields": _FIELDS})).json()
    assert saved["message"] == "Fields saved successfully!"
    # Empty slugs come from the label, columns and numbers get a prefix, the first of two wins.
    slugs = [one["slug"] for one in saved["fields"]]
    assert slugs == ["shoe_size", "plan", "interests", "renews", "score", "cf_email", "cf_7"]
    assert saved["fields"][0] == {"type": "text", "field_key": "text", "label": "Shoe Size", "slug": "shoe_size"}
    assert saved["fields"][1]["options"] == ["Free", "Pro"]
    assert (saved["fields"][3]["group"], saved["fields"][4]["help"]) == ("Extra", "0 to 9")
    assert (await crm.get(_PATH)).json() == {"fields": saved["fields"]}
    groups = (await crm.ask("GET", _PATH, query=[("with[]", "field_groups")])).json()["field_groups"]
    assert groups[1:] == [{"slug": "Extra", "title": "Extra"}]
    renamed = await crm.put(f"{_PATH}/update_group_name", {"old_name": "Extra", "new_name": "More"})
    assert renamed.json()["fields"][3]["group"] == "More"
    # The same as JSON text, in another order, with one fewer.
    text = '[{"field_key": "number", "label": "Score", "slug": "score"}, {"field_key": "text", "label": "A"}]'
    assert [one["slug"] for one in (await crm.put(_PATH, {"fields": text})).json()["fields"]] == ["score", "a"]


async def test_what_is_no_list_of_fields_changes_nothing(crm: Mouth):
    await crm.put(_PATH, {"fields": _FIELDS[:2]})
    before = (await crm.get(_PATH)).json()
    for bad in ({}, {"fields": "x"}, {"fields": {"a": 1}}, {"fields": [{"field_key": "laser", "label": "L"}]}):
        answer = await crm.put(_PATH, bad)
        assert answer.status_code == 422, bad
    assert (await crm.get(_PATH)).json() == before


async def test_values_keep_the_kind_of_their_field(crm: Mouth):
    await crm.put(_PATH, {"fields": _FIELDS[:5]})
    values = {"shoe_size": " 42 <b>", "plan": "Pro", "interests": ["Music", "News"], "renews": "2027-01-31"}
    body = {"email": "a@example.com", "status": "subscribed", "custom_values": {**values, "score": 7, "nope": "x"}}
    made = (await crm.post("/subscribers", body)).json()["contact"]["id"]

    async def stored() -> dict[str, Any]:
        answer = await crm.ask("GET", f"/subscribers/{made}", query=[("with[]", "subscriber.custom_values")])
        return answer.json()["subscriber"]["custom_values"]

    assert await stored() == {**values, "shoe_size": "42", "score": "7"}
    await crm.put(f"/subscribers/{made}", {"custom_values": {"plan": "", "interests": "News,Music"}})
    after = await stored()
    assert "plan" not in after
    assert sorted(after["interests"]) == ["Music", "News"]
    assert after["renews"] == "2027-01-31"
