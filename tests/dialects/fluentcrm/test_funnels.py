"""Automations on the wire, and end to end through the door: a tag applied over the API, a run, a mail that was caught."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.automations.flows import settle
from tests.conftest import StatementCounter
from tests.dialects.mouth import Mouth, changed, rows
from tests.dialects.shapes import PAGE_KEYS
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.workers.sender import Sender

MAIL = {"email_subject": "Hi {{contact.first_name}}", "email_body": "<p>Hello {{contact.first_name}}</p>"}
SEND = {
    "type": "action",
    "action_name": "send_custom_email",
    "title": "Send Custom Email",
    "settings": {"send_email_to_type": "contact", "campaign": MAIL},
}
WAIT = {
    "type": "action",
    "action_name": "fluentcrm_wait_times",
    "title": "Wait",
    "settings": {"wait_type": "unit_wait", "wait_time_amount": "2", "wait_time_unit": "days"},
}


def tagging(*tags: int, action: str = "add_contact_to_tag") -> dict[str, Any]:
    return {"type": "action", "action_name": action, "title": action, "settings": {"tags": list(tags)}}


async def new_tag(crm: Mouth, title: str) -> int:
    return (await crm.post("/tags", {"title": title})).json()["lists"]["id"]


async def new_contact(crm: Mouth, email: str = "ann@x.co", **more: Any) -> int:
    body = {"email": email, "first_name": "Ann", "status": "subscribed"} | more
    return (await crm.post("/subscribers", body)).json()["contact"]["id"]


async def new_funnel(crm: Mouth, trigger: str = "user_register", title: str = "Welcome") -> int:
    return (await crm.post("/funnels", {"funnel": {"title": title, "trigger_name": trigger}})).json()["funnel"]["id"]


async def save(crm: Mouth, funnel: int, sequences: Any, *, settings: Any = None, **more: Any) -> Any:
    body = {
        "funnel_settings": json.dumps(settings or {}),
        "conditions": json.dumps(more.pop("conditions", {})),
        "sequences": json.dumps(sequences),
        "status": "published",
    }
    return (await crm.post(f"/funnels/{funnel}/sequences", body | more)).json()


async def tag_flow(crm: Mouth, *steps: Any, **more: Any) -> tuple[int, int]:
    """A published automation that a tag begins: (automation, tag)."""
    vip = await new_tag(crm, "VIP")
    funnel = await new_funnel(crm, "fluentcrm_contact_added_to_tags")
    await save(crm, funnel, steps, settings={"tags": [vip], "select_type": "any"}, **more)
    return funnel, vip


async def apply(crm: Mouth, contact: int, *tags: int, action: str = "add_to_tags") -> None:
    body = {"action_name": action, "subscriber_ids": [contact], "action_options": list(tags)}
    assert (await crm.post("/subscribers/do-bulk-action", body)).status_code == 200


async def test_a_tag_over_the_api_leads_to_a_mail_that_is_caught(crm: Mouth, core: Core, clock: FixedClock):
    funnel, vip = await tag_flow(crm, WAIT, SEND)
    ann = await new_contact(crm)
    await apply(crm, ann, vip)
    await settle(core)
    [run] = (await crm.get(f"/funnels/{funnel}/subscribers")).json()["funnel_subscribers"]["data"]
    assert (run["status"], run["source_trigger_name"]) == ("active", "fluentcrm_contact_added_to_tags")
    assert run["next_execution_time"] == (clock.now() + timedelta(days=2)).strftime("%Y-%m-%d %H:%M:%S")
    assert run["next_sequence_item"]["action_name"] == "send_custom_email"
    clock.set(clock.now() + timedelta(days=2))
    await settle(core)
    await Sender(core).pass_once()
    caught = await core.db.fetch("SELECT recipient, subject FROM captured_mails")
    assert [tuple(row) for row in caught] == [("ann@x.co", "Hi Ann")]
    report = (await crm.get(f"/funnels/{funnel}/report")).json()["stats"]["metrics"]
    assert [(one["label"], one["count"], one["percent"]) for one in report] == [
        ("Entrance", 1, 100),
        ("Wait", 1, 100),
        ("Send Custom Email", 1, 100),
    ]
    [mail] = (await crm.get(f"/funnels/{funnel}/email_reports")).json()["email_sequences"]
    assert mail["campaign"]["stats"] == {"total": 1, "sent": 1, "clicks": 0, "views": 0, "unsubscribers": 0}
    mails = (await crm.get("/reports/emails", type="funnel_email_campaign")).json()["emails"]["data"]
    assert [one["email_type"] for one in mails] == ["funnel_email_campaign"]


async def test_unsubscribing_over_the_api_ends_the_run_before_the_next_mail(crm: Mouth, core: Core, clock: FixedClock):
    funnel, vip = await tag_flow(crm, WAIT, SEND)
    ann = await new_contact(crm)
    await apply(crm, ann, vip)
    await settle(core)
    await crm.put(
        "/subscribers/subscribers-property", {"subscribers": [ann], "property": "status", "value": "unsubscribed"}
    )
    await settle(core)
    clock.set(clock.now() + timedelta(days=3))
    await settle(core)
    [run] = (await crm.get(f"/funnels/{funnel}/subscribers")).json()["funnel_subscribers"]["data"]
    assert run["status"] == "cancelled"
    assert await core.db.fetchval("SELECT count(*) FROM messages") == 0


async def test_steps_are_saved_kept_by_their_ids_and_read_back(crm: Mouth):
    funnel = await new_funnel(crm)
    branch = {
        "type": "conditional",
        "action_name": "funnel_condition",
        "title": "Check",
        "settings": {"conditions": [[{"source": ["subscriber", "city"], "operator": "=", "value": "Rome"}]]},
        "children": {"yes": [tagging(1)], "no": [WAIT]},
    }
    saved = await save(crm, funnel, [branch, SEND], funnel_title="Other")
    [check, send] = saved["sequences"]
    assert [one["action_name"] for one in check["children"]["yes"]] == ["add_contact_to_tag"]
    assert check["children"]["no"][0]["parent_id"] == str(check["id"])
    assert (send["sequence"], send["delay"]) == ("4", "172800")
    assert send["settings"]["campaign"]["email_subject"] == MAIL["email_subject"]
    again = await save(crm, funnel, saved["sequences"])
    assert [one["id"] for one in again["sequences"]] == [check["id"], send["id"]]
    assert again["sequences"][1]["settings"]["reference_campaign"] == send["settings"]["reference_campaign"]
    read = (await crm.get(f"/funnels/{funnel}", **{"with[]": "funnel_sequences"})).json()
    assert read["funnel_sequences"] == again["sequences"]
    assert (read["funnel"]["title"], read["funnel"]["status"]) == ("Other", "published")
    flat = [tagging(1) | {"id": check["id"]}, WAIT]
    assert (await save(crm, funnel, flat))["sequences"][0]["id"] == check["id"]


async def test_a_condition_and_an_older_one_send_contacts_their_way(crm: Mouth, core: Core):
    gold = await new_tag(crm, "Gold")
    check = {"type": "conditional", "action_name": "fcrm_has_contact_tag", "settings": {"tags": [gold]}}
    funnel, vip = await tag_flow(crm, check | {"children": {"yes": [SEND], "no": []}})
    ann, bob = await new_contact(crm, tags=[gold]), await new_contact(crm, "bob@x.co")
    await apply(crm, ann, vip)
    await apply(crm, bob, vip)
    await settle(core)
    assert [row["contact_id"] for row in await core.db.fetch("SELECT contact_id FROM messages")] == [ann]
    assert funnel


BAD = [
    ("POST", "/funnels", {"funnel": {"title": "x"}}, 422),
    ("POST", "/funnels", {}, 422),
    ("PUT", "/funnels/{id}", {"status": "odd"}, 422),
    ("PUT", "/funnels/{id}", {"status": "draft"}, 422),
    ("PUT", "/funnels/funnel/{id}/title", {"title": "Welcome"}, 422),
    ("PUT", "/funnels/funnel/{id}/title", {"title": " "}, 422),
    ("PUT", "/funnels/{id}/change-trigger", {"title": "x"}, 422),
    ("PUT", "/funnels/{id}/change-trigger", {"title": "x", "trigger_name": "user_register"}, 422),
    ("POST", "/funnels/{id}/sequences", {}, 422),
    ("POST", "/funnels/{id}/sequences", {"sequences": "{"}, 422),
    ("POST", "/funnels/{id}/sequences", {"sequences": "[{}]"}, 422),
    ("POST", "/funnels/{id}/sequences", {"sequences": [SEND], "status": "odd"}, 422),
    (
        "POST",
        "/funnels/{id}/sequences",
        {"sequences": [{"action_name": "funnel_ab_testing", "settings": {"path_a": 80, "path_b": 80}}]},
        422,
    ),
    ("POST", "/funnels/funnel/save-funnel-sequences", {"sequences": "[]"}, 422),
    ("POST", "/funnels/999/sequences/save-email-action", {"action_data": "{}"}, 404),
    ("POST", "/funnels/import", {"funnel": {"title": "x"}, "sequences": []}, 422),
    ("POST", "/funnels/import", {"funnel": {"trigger_name": "x"}, "sequences": [1]}, 422),
    ("POST", "/campaign-pro-settings/import_funnel", {}, 422),
    ("POST", "/funnels/create-from-template", {"template": {"content": "https://x.co"}}, 422),
    ("POST", "/funnels/do-bulk-action", {"action_name": "delete_funnels"}, 422),
    ("POST", "/funnels/do-bulk-action", {"action_name": "odd", "funnel_ids": [1]}, 422),
    (
        "POST",
        "/funnels/do-bulk-action",
        {"action_name": "change_funnel_status", "funnel_ids": [1], "status": "odd"},
        422,
    ),
    ("POST", "/funnels/{id}/sync-new-steps", {}, 422),
    ("PUT", "/funnels/{id}/subscribers/7/status", {"status": "active"}, 422),
    ("POST", "/funnels/{id}/subscribers/7/advance", {"sequence_id": 1}, 422),
    ("DELETE", "/funnels/{id}/subscribers", {}, 422),
    ("POST", "/funnels/remove-bulk-subscribers", {}, 422),
    ("POST", "/funnels/send-test-webhook", {"data": {}}, 422),
    ("GET", "/funnels/999", None, 404),
    ("GET", "/funnels/999/report", None, 404),
    ("GET", "/funnels/999/syncable-counts", None, 404),
    ("POST", "/funnels/999/clone", {}, 404),
    ("PUT", "/funnels/999/sticky-note", {"content": "x"}, 404),
    ("PUT", "/funnels/999/update-labels", {"label_ids": [1]}, 404),
    ("DELETE", "/funnels/999", None, 404),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), BAD)
async def test_bad_input_is_refused_and_nothing_is_written(
    crm: Mouth, core: Core, method: str, path: str, body: Any, status: int
):
    funnel = await new_funnel(crm)
    before = await rows(core)
    answer = await crm.ask(method, path.replace("{id}", str(funnel)), body)
    assert answer.status_code == status, answer.text
    assert await changed(core, before) == []


async def test_a_webhook_to_a_private_address_is_refused(crm: Mouth):
    await new_contact(crm)
    answer = await crm.post("/funnels/send-test-webhook", {"data": {"remote_url": "http://127.0.0.1:9/x"}})
    assert answer.status_code == 422
    assert "private" in answer.json()["message"]
    answer = await crm.post("/funnels/send-test-webhook", {"data": {"remote_url": "ftp://x.co"}})
    assert list(answer.json()) == ["data.remote_url"]


async def test_an_automation_is_copied_written_out_and_brought_in_again(crm: Mouth, core: Core):
    funnel, _ = await tag_flow(crm, SEND)
    copy = (await crm.post(f"/funnels/{funnel}/clone")).json()["funnel"]
    assert (copy["title"], copy["status"]) == ("[Copy] Welcome", "draft")
    whole = (await crm.get(f"/funnels/{funnel}", **{"with[]": "funnel_sequences"})).json()
    file = {
        "funnel": {**whole["funnel"], "labels": [{"slug": "new", "title": "New", "color": "#00ff00"}]},
        "sequences": whole["funnel_sequences"],
    }
    made = (await crm.post("/funnels/import", file)).json()["funnel"]
    read = (await crm.get(f"/funnels/{made['id']}", **{"with[]": "funnel_sequences"})).json()
    assert read["funnel"]["settings"] == whole["funnel"]["settings"]
    assert [label["slug"] for label in read["funnel"]["labels"]] == ["new"]
    mails = [one["funnel_sequences"][0]["settings"] for one in (whole, read)]
    assert mails[0]["reference_campaign"] != mails[1]["reference_campaign"]
    assert mails[1]["campaign"]["email_body"] == MAIL["email_body"]
    other = (await crm.post("/campaign-pro-settings/import_funnel", file)).json()
    assert other["message"] == "Automation has been successfully imported"
    assert await core.db.fetchval("SELECT count(*) FROM labels") == 1


async def test_contacts_in_automations_are_found_by_filters_and_put_in_by_hand(crm: Mouth, core: Core):
    funnel, vip = await tag_flow(crm, WAIT, SEND)
    ann, bob = await new_contact(crm), await new_contact(crm, "bob@x.co")
    await apply(crm, ann, vip)
    await settle(core)

    async def found(operator: str) -> list[str]:
        condition = {"source": ["activities", "automation_activity"], "operator": operator, "value": funnel}
        answer = await crm.get("/subscribers", filter_type="advanced", advanced_filters=json.dumps([[condition]]))
        return [one["email"] for one in answer.json()["subscribers"]["data"]]

    assert await found("active") == ["ann@x.co"]
    assert await found("status_completed") == []
    assert await found("not_in") == ["bob@x.co"]
    body = {"action_name": "add_to_automation", "subscriber_ids": [bob], "new_status": funnel}
    assert (await crm.post("/subscribers/do-bulk-action", body)).status_code == 200
    assert await found("in") == ["bob@x.co", "ann@x.co"]
    runs = (await crm.get(f"/funnels/subscriber/{bob}/automations")).json()["automations"]["data"]
    assert [(one["source_trigger_name"], one["funnel"]["id"]) for one in runs] == [("fcrm_manual_attach", funnel)]
    body["new_status"] = 999
    assert (await crm.post("/subscribers/do-bulk-action", body)).status_code == 422


async def test_automations_stand_in_search_options_reports_and_the_dashboard(crm: Mouth, core: Core):
    funnel, vip = await tag_flow(crm, WAIT)
    await new_funnel(crm, title="Draft one")
    await apply(crm, await new_contact(crm), vip)
    await settle(core)
    found = (await crm.get("/global-search", search="welc")).json()
    assert found["funnels"] == [{"id": funnel, "title": "Welcome", "status": "published"}]
    options = (await crm.get("/reports/options", fields="automation_funnels")).json()["options"]["automation_funnels"]
    assert [one["title"] for one in options] == ["Draft one (draft)", "Welcome (published)"]
    picked = (await crm.get("/reports/ajax-options", option_key="funnels", search="welc")).json()["options"]
    assert picked == [{"id": funnel, "title": "Welcome"}]
    board = (await crm.get("/reports/dashboard-stats")).json()
    assert [one["id"] for one in board["active_automations"]] == [funnel]
    assert board["stats"]["total_automations"]["count"] == 1
    report = (await crm.get("/reports/automations")).json()
    assert report["overview"] == {"total": 1, "subscribers": 1, "completed": 1, "in_progress": 0}
    assert report["top_automations"][0]["trigger_name"] == "fluentcrm_contact_added_to_tags"
    steps = (await crm.get(f"/reports/automations/{funnel}/steps")).json()["steps"]
    assert [one["label"] for one in steps] == ["Entrance", "Wait"]


async def test_labels_notes_and_bulk_actions(crm: Mouth, core: Core):
    first, second = await new_funnel(crm), await new_funnel(crm, title="Second")
    label = (await crm.post("/labels", {"label": {"slug": "hot", "title": "Hot"}})).json()["label"]["id"]
    await crm.post(
        "/funnels/do-bulk-action", {"action_name": "apply_labels", "funnel_ids": [first, second], "labels": [label]}
    )
    await crm.put(f"/funnels/{second}/update-labels", {"action": "detach", "label_ids": [label]})
    page = (await crm.get("/funnels", **{"labels[]": label})).json()["funnels"]
    assert [one["id"] for one in page["data"]] == [first]
    assert page["data"][0]["labels"][0]["slug"] == "hot"
    note = (await crm.put(f"/funnels/{first}/sticky-note", {"content": "Look"})).json()["sticky_note"]
    assert (note["content"], note["author_name"]) == ("Look", "Ada Byron")
    assert (await crm.put(f"/funnels/{first}/sticky-note", {"content": ""})).json()["sticky_note"] is None
    both = {"funnel_ids": [first, second]}
    await crm.post("/funnels/do-bulk-action", both | {"action_name": "change_funnel_status", "status": "published"})
    assert await core.db.fetchval("SELECT count(*) FROM automations WHERE state = 'published'") == 2
    await crm.post("/funnels/do-bulk-action", both | {"action_name": "delete_funnels"})
    assert await core.db.fetchval("SELECT count(*) FROM automations") == 0


async def test_every_word_can_be_chosen_and_is_kept(crm: Mouth):
    triggers = (await crm.get("/funnels/triggers")).json()["triggers"]
    blocks = None
    for key in [*triggers, "woocommerce_order_status_completed"]:
        funnel = await new_funnel(crm, key, title=key)
        read = (await crm.get(f"/funnels/{funnel}", **{"with[]": "blocks"})).json()
        assert read["funnel"]["trigger_name"] == key
        blocks = read["blocks"]
    assert blocks is not None
    funnel = await new_funnel(crm)
    steps = [
        {"type": block["type"], "action_name": key, "settings": block["settings"]} for key, block in blocks.items()
    ]
    saved = (await save(crm, funnel, steps))["sequences"]
    assert [(one["action_name"], one["type"]) for one in saved] == [(s["action_name"], s["type"]) for s in steps]


async def test_pages_cost_the_same_for_one_and_for_many(crm: Mouth, core: Core, statements: StatementCounter):
    funnel, vip = await tag_flow(crm, SEND)
    await apply(crm, await new_contact(crm), vip)
    await settle(core)
    paths = ("/funnels", f"/funnels/{funnel}/subscribers", "/funnels/all-activities", "/reports/automations")
    counts: list[list[int]] = []
    for n in (1, 4):
        for more in range(n - 1):
            other = await new_contact(crm, f"p{more}@x.co")
            await apply(crm, other, vip)
            await crm.post(f"/funnels/{funnel}/clone")
        await settle(core)
        mine = []
        for path in paths:
            await crm.get(path)
            with statements as counter:
                page = (await crm.get(path)).json()
            assert next(iter(page.values())).keys() >= set(PAGE_KEYS)
            mine.append(counter.count)
        counts.append(mine)
    assert counts[0] == counts[1]
