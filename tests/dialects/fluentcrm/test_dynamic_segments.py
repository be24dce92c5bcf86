"""Dynamic segments: both forms of their body, the built-in ones, counts, members, copies, recipients of a campaign."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.dialects.mouth import Mouth, changed, rows
from tidings.access import actions as access
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.dialects.fluentcrm.segment_bodies import segment_rule
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Refused
from tidings.segments.types import All, ColumnIs, HasTags, MailActivity, Nobody, Rule
from tidings.segments.types import Any as AnyOf

_OFF = {"status": "no", "last_email_open": {"value": 3, "operator": ">="}}
_CITY = {"field": "city", "operator": "=", "value": "Rome"}
_ROME = ColumnIs("city", "equals", "Rome")
_TAG = {"field": "tags", "operator": "whereIn", "value": ["3", 4]}


def _activities(match: str = "match_any", **values: int) -> dict[str, Any]:
    given = {name: {"value": n, "operator": ">="} for name, n in values.items()}
    return {"status": "yes", "last_email_activity_match": match, **given}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, Nobody()),
        ({"conditions": [], "email_activities": _OFF}, Nobody()),
        ({"conditions": [{"field": "", "operator": "", "value": ""}]}, Nobody()),
        ({"conditions": [_CITY], "email_activities": _OFF}, _ROME),
        ({"conditions": [_CITY, _TAG], "condition_match": "match_all"}, All((_ROME, HasTags("in", (3, 4))))),
        ({"conditions": [_CITY, _TAG], "condition_match": "match_any"}, AnyOf((_ROME, HasTags("in", (3, 4))))),
        ({"conditions": json.dumps([_CITY])}, _ROME),
        ({"conditions": [{**_CITY, "operator": "NOT LIKE"}]}, ColumnIs("city", "not_contains", "Rome")),
        ({"conditions": [{"field": "status", "operator": "whereNotIn", "value": []}]}, Nobody()),
        (
            {"conditions": [{"field": "created_at", "operator": ">=", "value": "30"}]},
            ColumnIs("created_at", "days_within", 30),
        ),
        (
            {"conditions": [{"field": "last_activity", "operator": "<=", "value": 7}]},
            ColumnIs("active_at", "days_before", 7),
        ),
        ({"conditions": [_CITY, {"field": "created_at", "operator": "<=", "value": 0}]}, _ROME),
        ({"conditions": [{"field": "created_at", "operator": "=", "value": 3}]}, Nobody()),
        ({"conditions": [{"field": "created_at", "operator": ">=", "value": "soon"}]}, Nobody()),
        ({"conditions": ["x"]}, Nobody()),
        (
            {"email_activities": _activities(last_email_open=14, last_email_link_click=0)},
            MailActivity("opened", "days_within", 14),
        ),
        (
            {
                "conditions": [_CITY],
                "email_activities": _activities("match_all", last_email_open=1, last_email_link_click=2),
            },
            All((_ROME, All((MailActivity("opened", "days_within", 1), MailActivity("clicked", "days_within", 2))))),
        ),
        ({"conditions": [_CITY], "email_activities": _activities()}, _ROME),
        (
            {"conditions": [_TAG], "filters": [[{"source": ["subscriber", "city"], "operator": "=", "value": "Rome"}]]},
            _ROME,
        ),
        ({"conditions": [_CITY], "filters": [[], []]}, _ROME),
        ({"conditions": [_CITY], "filters": "[]"}, _ROME),
    ],
)
def test_a_body_means_a_rule(body: dict[str, Any], expected: Rule):
    assert segment_rule(body, fields={}) == expected


@pytest.mark.parametrize("filters", ["{", "garbage", [["x"]], [[{"source": []}]], 7])
def test_filters_that_cannot_be_read_are_refused(filters: Any):
    with pytest.raises(Refused):
        segment_rule({"filters": filters}, fields={})
    with pytest.raises(Invalid):
        segment_rule({"conditions": [{"field": "nope", "operator": "=", "value": 1}]}, fields={})


async def _made(crm: Mouth, **body: Any) -> int:
    answer = await crm.post("/dynamic-segments", {"segment": json.dumps({"title": "Romans", **body})})
    assert answer.status_code == 200, answer.text
    return answer.json()["segment"]["id"]


async def _people(core: Core) -> list[int]:
    await access.create_user(core, login="eve", email="p0@example.com")
    drafts = [
        Draft({"email": f"p{n}@example.com", "city": "Rome" if n < 2 else "Oslo"}, status="subscribed")
        for n in range(3)
    ]
    return [one.id for one in await contacts.write_contacts(core, drafts)]


async def test_a_segment_is_made_listed_changed_and_deleted(core: Core, crm: Mouth):
    await _people(core)
    body = {"conditions": [_CITY], "condition_match": "match_all", "email_activities": _OFF}
    answer = (await crm.post("/dynamic-segments", {"segment": json.dumps({"title": " Romans ", **body})})).json()
    made = answer["segment"]["id"]
    assert answer == {
        "message": "Segment has been created",
        "segment": {"id": made, "slug": "custom_segment", "title": "Romans", **body},
    }
    users, romans = (await crm.get("/dynamic-segments")).json()["dynamic_segments"]
    assert (users["slug"], users["id"], users["count"]) == ("wordpress_users", 0, 1)
    assert romans == {**answer["segment"], "subtitle": "Custom Segment", "count": 2}
    filters = [[{"source": ["subscriber", "city"], "operator": "=", "value": "Oslo"}]]
    changed_to = {"segment": {"title": "Norse", "filters": filters, "conditions": [_CITY]}}
    answer = (await crm.put(f"/dynamic-segments/{made}", changed_to)).json()
    assert answer["message"] == "Segment has been updated"
    assert answer["segment"] == {"id": made, "slug": "custom_segment", **changed_to["segment"]}
    assert (await crm.get("/dynamic-segments/stats")).json() == {
        "stats": {"wordpress_users_0": 1, f"custom_segment_{made}": 1}
    }
    assert (await crm.delete(f"/dynamic-segments/{made}")).json() == {"message": "Selected segment has been deleted"}
    assert len((await crm.get("/dynamic-segments")).json()["dynamic_segments"]) == 1


async def test_a_copy_has_the_rule_and_the_body(core: Core, crm: Mouth):
    await _people(core)
    made = await _made(crm, conditions=[_CITY])
    answer = (await crm.post(f"/dynamic-segments/duplicate/{made}")).json()
    assert answer["message"] == "Segment successfully duplicated"
    copy = (await crm.get("/dynamic-segments")).json()["dynamic_segments"][1]
    assert (copy["id"], copy["title"], copy["count"]) == (answer["segment_id"], "[Duplicate] Romans", 2)
    assert copy["conditions"] == [_CITY]


async def test_bad_bodies_are_refused_and_write_nothing(core: Core, crm: Mouth):
    made = await _made(crm, conditions=[_CITY])
    before = await rows(core)
    for body in (
        {},
        {"segment": ""},
        {"segment": "x"},
        {"segment": []},
        {"segment": {"title": " "}},
        {"segment": {"title": []}},
    ):
        for answer in (await crm.post("/dynamic-segments", body), await crm.put(f"/dynamic-segments/{made}", body)):
            assert answer.status_code == 422, body
            told = answer.json()
            assert told["message"] == told["errors"]["title"][0] == told["title"]["required"]
    unread = {"title": "T", "filters": "{"}
    assert (await crm.post("/dynamic-segments", {"segment": unread})).json() == {"message": "Invalid Advanced Filters"}
    for method, path in (
        ("PUT", "/dynamic-segments/999"),
        ("DELETE", "/dynamic-segments/999"),
        ("POST", "/dynamic-segments/duplicate/999"),
        ("GET", "/dynamic-segments/custom_segment/subscribers/999"),
        ("GET", "/dynamic-segments/wordpress_users/subscribers/1"),
        ("GET", "/dynamic-segments/nope/subscribers/0"),
    ):
        answer = await crm.ask(method, path, {"segment": {"title": "T"}} if method == "PUT" else None)
        assert (answer.status_code, answer.json()) == (422, {"message": "Sorry! No segment found"}), path
    assert await changed(core, before) == []


async def test_members_are_paged_searched_and_sorted(core: Core, crm: Mouth):
    people = await _people(core)
    made = await _made(crm, conditions=[_CITY])
    body = (await crm.get(f"/dynamic-segments/custom_segment/subscribers/{made}", sort_by="id", sort_type="ASC")).json()
    assert [one["id"] for one in body["subscribers"]["data"]] == people[:2]
    assert (body["segment"]["title"], body["subscribers"]["total"]) == ("Romans", 2)
    assert {"tags", "lists"} <= set(body["subscribers"]["data"][0])
    path = f"/dynamic-segments/custom_segment/subscribers/{made}"
    found = (await crm.get(path, search="p1", custom_fields="true")).json()["subscribers"]["data"]
    assert [(one["id"], one["custom_fields"]) for one in found] == [(people[1], {})]
    for slug in ("wordpress_users", "wp_users"):
        body = (await crm.get(f"/dynamic-segments/{slug}/subscribers/0")).json()
        assert [one["email"] for one in body["subscribers"]["data"]] == ["p0@example.com"]
        assert body["segment"]["slug"] == "wordpress_users"


async def test_an_estimate_takes_either_form_and_counts_nobody_for_nothing(core: Core, crm: Mouth):
    await _people(core)
    groups = [[{"source": ["subscriber", "city"], "operator": "=", "value": "Oslo"}]]
    for filters, n in (
        ({"conditions": [_CITY]}, 2),
        (json.dumps({"conditions": [_CITY]}), 2),
        ({"filters": groups}, 1),
        (groups, 1),
        ({}, 0),
        (None, 0),
        ("x", 0),
    ):
        answer = await crm.post("/dynamic-segments/estimated-contacts", {"filters": filters})
        assert answer.json() == {"count": n}, filters


async def test_the_last_mail_opened_tells_who_is_in(core: Core, crm: Mouth):
    people = await _people(core)
    for one, days in zip(people, (1, 20, None), strict=True):
        at = None if days is None else core.clock.now() - timedelta(days=days)
        await core.db.execute("UPDATE contacts SET opened_at = $2 WHERE id = $1", one, at)
    for operator, n in ((">=", 1), ("<=", 1)):
        activities = {"status": "yes", "last_email_open": {"value": 10, "operator": operator}}
        made = await _made(crm, email_activities=activities)
        found = (await crm.get(f"/dynamic-segments/custom_segment/subscribers/{made}")).json()["subscribers"]
        assert found["total"] == n
        assert found["data"][0]["id"] == people[0 if operator == ">=" else 1]


async def test_a_campaign_goes_to_a_segment_as_it_is_when_it_is_chosen(core: Core, crm: Mouth):
    await _people(core)
    made = await _made(crm, conditions=[_CITY])
    for chosen, n in (
        ({"slug": "custom_segment", "id": made}, 2),
        ({"slug": "wordpress_users", "id": 0}, 1),
        ({"slug": "wp_users", "id": "0"}, 1),
        ({"slug": "custom_segment", "id": 999}, 0),
        ({"slug": "nope", "id": 0}, 0),
    ):
        body = {"sending_filter": "dynamic_segment", "dynamic_segment": chosen}
        assert (await crm.post("/campaigns/estimated-contacts", body)).json()["count"] == n, chosen


async def test_the_editor_gets_its_fields(core: Core, crm: Mouth):
    tag = await contacts.create_tag(core, title="Friends")
    body = (await crm.get("/dynamic-segments/custom-fields")).json()
    conditions, activities = body["fields"]
    assert set(conditions["fields"]) == {
        *("email", "first_name", "last_name", "city", "state", "country", "source"),
        *("status", "tags", "lists", "created_at", "last_activity"),
    }
    assert conditions["fields"]["tags"]["options"] == {str(tag): "Friends"}
    assert set(activities["fields"]) == {
        *("status", "last_email_open", "last_email_link_click", "last_email_activity_match"),
    }
    assert set(body["settings_defaults"]) == {"conditions", "condition_match", "email_activities"}
    made = await _made(crm, **body["settings_defaults"])
    assert (await crm.get("/dynamic-segments/stats")).json()["stats"][f"custom_segment_{made}"] == 0


async def test_who_reads_contacts_may_look_and_not_write(core: Core, crm: Mouth):
    await access.create_user(
        core, login="max", email="max@example.com", role="editor", permissions=["fcrm_read_contacts"]
    )
    key: Any = await crm.new_key("max")
    assert (await crm.ask("GET", "/dynamic-segments", auth=key)).status_code == 200
    for method, path in (
        ("POST", "/dynamic-segments"),
        ("PUT", "/dynamic-segments/1"),
        ("DELETE", "/dynamic-segments/1"),
    ):
        assert (await crm.ask(method, path, {}, auth=key)).status_code == 403
