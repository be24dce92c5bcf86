"""The tabs of a contact: notes, events, opt-in, and panels that are empty but whole."""

from __future__ import annotations

from typing import Any

from tests.dialects.fluentcrm.test_subscribers import MISSING
from tests.dialects.mouth import Mouth
from tests.dialects.shapes import NOW, PAGE_KEYS
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core


async def test_a_note_is_written_found_changed_and_removed(core: Core, crm: Mouth):
    await contacts.write_contact(core, Draft({"email": "jane@example.com", "first_name": "Janet"}))
    await contacts.write_contact(core, Draft({"email": "bob@example.com"}))
    note = {"title": "First <i>call</i>", "type": "call", "created_at": "2026-01-02 03:04:05"}
    note["description"] = "<p>Hello <b>{{contact.first_name}}</b></p><script>x()</script>"
    made = (await crm.post("/subscribers/1/notes", {"note": note})).json()
    assert made["message"] == "Note successfully added"
    assert "script" not in made["note"].pop("description")
    assert made["note"] == {
        "title": "First call",
        "type": "call",
        "created_at": "2026-01-02 03:04:05",
        "subscriber_id": 1,
        "created_by": 1,
        "updated_at": NOW,
        "id": 1,
    }
    form = {"content-type": "application/x-www-form-urlencoded"}
    raw = b"note[title]=Second&note[description]=text&note[type]=note"
    assert (await crm.post("/subscribers/1/notes", raw=raw, headers=form)).json()["note"]["created_at"] == NOW
    body = (await crm.get("/subscribers/1/notes")).json()
    assert set(body) == {"notes", "fields"}
    assert set(body["notes"]) == PAGE_KEYS
    assert body["notes"]["data"][0] == {
        "id": 2,
        "subscriber_id": "1",
        "parent_id": None,
        "created_by": "1",
        "status": "open",
        "type": "note",
        "is_private": "1",
        "title": "Second",
        "description": "text",
        "created_at": NOW,
        "updated_at": NOW,
        "added_by": body["notes"]["data"][0]["added_by"],
    }
    assert body["notes"]["data"][0]["added_by"].items() >= {"ID": 1, "display_name": "Ada Byron"}.items()
    assert "<b>Janet</b>" in body["notes"]["data"][1]["description"]
    assert set(body["fields"]["fields"]) == {"type", "created_at", "title", "description"}
    found = (await crm.get("/subscribers/1/notes", search="first")).json()["notes"]
    assert [one["id"] for one in found["data"]] == [1]
    edited = await crm.put(
        "/subscribers/1/notes/1", {"note": {"title": "Edited", "description": "changed", "type": "meeting"}}
    )
    assert edited.json()["message"] == "Note successfully updated"
    shown = edited.json()["note"]
    assert (shown["type"], shown["created_at"], shown["title"]) == ("meeting", "2026-01-02 03:04:05", "Edited")
    # A note is reached through its own contact only.
    for path in ("/subscribers/2/notes/1", "/subscribers/1/notes/9"):
        assert (await crm.put(path, {"note": {"title": "t", "description": "d", "type": "note"}})).status_code == 404
    assert (await crm.delete("/subscribers/2/notes/1")).json() == {"message": "Note successfully deleted"}
    assert (await crm.get("/subscribers/1/notes")).json()["notes"]["total"] == 2
    assert (await crm.delete("/subscribers/1/notes/2")).json() == {"message": "Note successfully deleted"}
    several = await crm.post("/subscribers/1/notes/bulk-delete", {"note_ids": [1, 999]})
    assert several.json() == {"message": "1 note deleted"}
    none = await crm.post("/subscribers/1/notes/bulk-delete", {"note_ids": []})
    assert (none.status_code, none.json()) == (422, {"message": "No note IDs provided"})
    assert (await crm.get("/subscribers/1/notes")).json()["notes"]["data"] == []


async def test_a_note_needs_its_three_texts_and_a_contact(core: Core, crm: Mouth):
    await contacts.write_contact(core, Draft({"email": "jane@example.com"}))
    required = {name: {"required": f"The {name} field is required."} for name in ("title", "description", "type")}
    for body in ({}, {"note": {}}, {"note": {"title": "", "description": " ", "type": ""}}, {"note": "x"}):
        for method, path in (("POST", "/subscribers/1/notes"), ("PUT", "/subscribers/1/notes/1")):
            answer = await crm.ask(method, path, body)
            assert (answer.status_code, answer.json()) == (422, required), (path, body)
    whole = {"note": {"title": "t", "description": "d", "type": "note"}}
    nobody = await crm.post("/subscribers/999/notes", whole)
    assert (nobody.status_code, nobody.json()) == (404, MISSING)
    assert (await crm.get("/subscribers/999/notes")).json()["notes"]["total"] == 0


async def test_events_count_their_repetitions(core: Core, crm: Mouth):
    await contacts.write_contact(core, Draft({"email": "jane@example.com"}))
    event: dict[str, Any] = {"event_key": "done", "title": "Done", "value": "1", "provider": "lms"}
    for number, (more, told) in enumerate(
        (
            ({"email": "Jane@example.com"}, 1),
            ({"email": "jane@example.com", "value": "2"}, 1),
            ({"subscriber_id": 1, "repeatable": False}, 2),
            ({"subscriber_id": 1, "provider": ""}, 3),
        )
    ):
        answer = await crm.post("/subscribers/track-event", {**event, **more})
        assert answer.json() == {"message": "Event has been tracked", "id": told}, number
    rows = (await crm.get("/subscribers/1/tracking-events")).json()["events"]
    assert set(rows) == PAGE_KEYS
    first = next(row for row in rows["data"] if row["id"] == 1)
    assert first == {
        "id": 1,
        "subscriber_id": "1",
        "counter": "2",
        "created_by": "1",
        "provider": "lms",
        "event_key": "done",
        "title": "Done",
        "value": "2",
        "created_at": NOW,
        "updated_at": NOW,
    }
    await core.db.execute("UPDATE users SET email = (SELECT email FROM contacts WHERE id = 1) WHERE id = 1")
    by_account = await crm.post("/subscribers/track-event", {"event_key": "seen", "title": "Seen", "user_id": "1"})
    assert by_account.status_code == 200
    assert (await crm.get("/subscribers/1/tracking-events")).json()["events"]["data"][0]["event_key"] == "seen"
    missing = await crm.post("/subscribers/track-event", {})
    assert missing.status_code == 422
    assert missing.json() == {name: {"required": f"The {name} field is required."} for name in ("event_key", "title")}
    unknown = await crm.post("/subscribers/track-event", {**event, "email": "x@example.com"})
    assert unknown.status_code == 422
    assert unknown.json() == {"message": "Subscriber not found", "error_code": "subscriber_not_found"}


async def test_the_other_tabs_are_empty_but_whole(core: Core, crm: Mouth):
    await contacts.write_contact(core, Draft({"email": "jane@example.com"}, status="subscribed"))
    await contacts.write_contact(core, Draft({"email": "late@example.com"}, status="pending"))
    for path, keys in (
        ("emails", {"emails"}),
        ("url-metrics", {"urlMetrics"}),
        ("tracking-events", {"events"}),
    ):
        body = (await crm.get(f"/subscribers/1/{path}")).json()
        assert set(body) == keys, path
        assert set(next(iter(body.values()))) == PAGE_KEYS, path
    for path, whole in (
        ("purchase-history", {"orders": {"orders": [], "total": 0}}),
        ("external_view", {"heading": "", "content_html": ""}),
        ("info-widgets", {"widgets": {"top_widgets": [], "other_widgets": [], "widgets_count": 0}}),
    ):
        assert (await crm.get(f"/subscribers/1/{path}")).json() == whole, path
    for path, noun in (("form-submissions", "submissions"), ("support-tickets", "tickets")):
        body = (await crm.get(f"/subscribers/1/{path}")).json()[noun]
        assert (set(body), body["data"], body["total"]) == ({"data", "total", "columns_config"}, [], 0)
    mock = (await crm.get("/subscribers/1/emails/template-mock")).json()["email_mock"]
    assert {"email_subject", "email_body", "design_template", "settings", "utm_status"} <= set(mock)
    assert (await crm.get("/subscribers/1/dynamic-item-view")).json()["data_view"]["type"] == "html"
    assert (await crm.post("/subscribers/1/external_view", {})).status_code == 422
    refused = await crm.post("/subscribers/1/send-double-optin")
    assert (refused.status_code, refused.json()) == (422, {"message": "Contact Already Subscribed"})
    sent = await crm.post("/subscribers/2/send-double-optin")
    assert (sent.status_code, sent.json()) == (200, {"message": "Double OptIn email has been sent"})
    nobody = await crm.post("/subscribers/999/send-double-optin")
    assert (nobody.status_code, nobody.json()) == (404, MISSING)
    assert (await crm.get("/subscribers/999/form-submissions")).json() == MISSING
