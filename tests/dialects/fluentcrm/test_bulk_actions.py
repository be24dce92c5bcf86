"""Bulk actions on contacts: by ids, by filter in passes, and never on more than was meant."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import StatementCounter
from tests.dialects.mouth import Mouth, changed, rows
from tidings.access import actions as access
from tidings.contacts import actions as contacts
from tidings.contacts.types import CustomField, Draft
from tidings.platform.core import Core

_PATH = "/subscribers/do-bulk-action"
DONE = "Selected bulk action has been successfully completed"


@pytest.fixture
async def people(core: Core) -> list[int]:
    """Four contacts, one tag and one list; contact 4 is pending."""
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    await contacts.create_tag(core, title="VIP")
    await contacts.create_list(core, title="News")
    drafts = [Draft({"email": f"p{n}@example.com"}, status="subscribed") for n in range(3)]
    drafts.append(Draft({"email": "late@example.com"}, status="pending"))
    return [one.id for one in await contacts.write_contacts(core, drafts)]


async def test_each_action_does_its_work_on_the_contacts_named(core: Core, crm: Mouth, people: list[int]):
    async def do(name: str, ids: list[Any], **more: Any) -> dict[str, Any]:
        answer = await crm.post(_PATH, {"action_name": name, "subscriber_ids": ids, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def who(key: str, value: Any) -> list[int]:
        data = (await crm.get("/subscribers", custom_fields="true")).json()["data"]
        found = [
            row["id"] for row in data if value == row[key] or value in [t["id"] for t in row["tags"] + row["lists"]]
        ]
        return sorted(found)

    assert await do("add_to_tags", [1, "2"], action_options=[1]) == {
        "last_contact_id": 2,
        "completed_contacts": 2,
        "message": DONE,
    }
    assert (await crm.get("/subscribers", **{"tags[]": 1})).json()["total"] == 2
    await do("remove_from_tags", [2], action_options=[1])
    assert [row["id"] for row in (await crm.get("/subscribers", **{"tags[]": 1})).json()["data"]] == [1]
    await do("add_to_lists", [2, 3, 999], action_options=["1"])
    assert (await crm.get("/subscribers", **{"lists[]": 1})).json()["total"] == 2
    await do("remove_from_lists", [2], action_options=1)
    assert [row["id"] for row in (await crm.get("/subscribers", **{"lists[]": 1})).json()["data"]] == [3]
    status = await do("change_contact_status", [2, 3], new_status="unsubscribed")
    assert status["message"] == "Status has been changed for the selected subscribers"
    assert await who("status", "unsubscribed") == [2, 3]
    kind = await do("change_contact_type", [1], new_status="customer")
    assert kind["message"] == "Contact Type has been updated for the selected subscribers"
    assert await who("contact_type", "customer") == [1]
    custom = await do("update_custom_fields", [1, 3], custom_field={"key": "plan", "value": "Team"})
    assert custom["message"] == "Custom Fields has been updated for the selected subscribers"
    assert await who("custom_fields", {"plan": "Team"}) == [1, 3]
    opt_in = await do("send_double_optin", [1, 4])
    assert opt_in == {
        "last_contact_id": 4,
        "completed_contacts": 2,
        "message": "Double optin sent to selected contacts",
    }
    gone = await do("delete_contacts", [2, 999])
    assert gone["message"] == "Selected Contacts have been deleted permanently"
    assert (await crm.get("/subscribers")).json()["total"] == 3


async def test_an_action_that_is_not_clear_touches_nobody(core: Core, crm: Mouth, people: list[int]):
    before = await rows(core)
    for body, told in (
        ({"action_name": "add_to_tags", "subscriber_ids": []}, "Subscribers selection is required"),
        ({"action_name": "delete_contacts", "subscriber_ids": ["all"]}, "Subscribers selection is required"),
        ({}, "Subscribers selection is required"),
        ({"action_name": "nope", "subscriber_ids": [1]}, "Selected Action is not valid"),
        ({"action_name": "change_contact_status", "subscriber_ids": [1], "new_status": ""}, "Please select status"),
        ({"action_name": "change_contact_status", "subscriber_ids": [1], "new_status": "x"}, "Please select status"),
        ({"action_name": "change_contact_type", "subscriber_ids": [1]}, "Please select contact type"),
        (
            {"action_name": "update_custom_fields", "subscriber_ids": [1], "custom_field": {}},
            "Please provide a valid custom field key",
        ),
        *(
            (
                {
                    "action_name": "delete_contacts",
                    "is_all": "yes",
                    "contact_query": {"filter_type": "advanced", "advanced_filters": broken},
                },
                "Invalid Advanced Filters",
            )
            for broken in ("", "[", [], [[]], [["x"]], {"a": 1})
        ),
    ):
        answer = await crm.post(_PATH, body)
        assert (answer.status_code, answer.json()) == (422, {"message": told}), body
    permissions = ["fcrm_read_contacts", "fcrm_manage_contacts"]
    await access.create_user(core, login="ed", email="ed@example.com", role="editor", permissions=permissions)
    editor = await crm.new_key("ed")
    # The account, the fact that it was made, the line that tells of it, and the job that looks at whoever it belongs to.
    made = await rows(core)
    before |= {name: made[name] for name in ("users", "facts", "changes", "jobs")}
    body = {"action_name": "delete_contacts", "subscriber_ids": [1]}
    refused = await crm.post(_PATH, body, auth=editor)
    assert (refused.status_code, refused.json()) == (422, {"message": "You do not have permission to delete contacts"})
    assert await changed(core, before) == []


async def test_all_who_match_are_done_in_passes(core: Core, crm: Mouth, statements: StatementCounter):
    tag = await contacts.create_tag(core, title="VIP")
    drafts = [Draft({"email": f"p{n}@example.com"}) for n in range(450)]
    await contacts.write_contacts(core, [*drafts, Draft({"email": "other@example.org"})])
    query = {"filter_type": "simple", "search": "example.com", "tags": []}
    body: dict[str, Any] = {
        "action_name": "add_to_tags",
        "is_all": "yes",
        "contact_query": query,
        "action_options": [tag],
    }
    with statements as counted:
        first = (await crm.post(_PATH, {**body, "last_id": 0})).json()
    assert (first["completed_contacts"], first["message"]) == (400, DONE)
    assert counted.count < 20
    second = (await crm.post(_PATH, {**body, "last_id": first["last_contact_id"]})).json()
    assert second["completed_contacts"] == 50
    third = (await crm.post(_PATH, {**body, "last_id": second["last_contact_id"]})).json()
    assert third == {"is_completed": True, "completed_contacts": 0, "message": "All contacts have been processed"}
    assert (await crm.get(f"/tags/{tag}")).status_code == 200
    assert (await crm.get("/tags")).json()["tags"]["data"][0]["subscribersCount"] == 450
