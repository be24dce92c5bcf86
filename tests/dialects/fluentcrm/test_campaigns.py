"""Campaigns: from the empty draft to the numbers of a sent one, as the wizard of a client walks them."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import NOW, PAGE_KEYS, kinds
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.messages.leaving import leave
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.tracking.collector import CLICK, OPEN, Collector, Hit
from tidings.tracking.projector import fold_hits

BODY = '<p>Hi {{contact.first_name}} <a href="https://example.com/x?a=1">x</a> ##crm.unsubscribe_url##</p>'
ROWS = [{"list": 1, "tag": "all"}]
_SHAPE: dict[str, Any] = {
    **dict.fromkeys(("id", "recipients_count"), "int"),
    **dict.fromkeys(("type", "title", "slug", "status", "email_body", "delay", "utm_status", "design_template"), "str"),
    **dict.fromkeys(("created_by", "created_at", "updated_at", "server_time"), "str"),
    **dict.fromkeys(("parent_id", "available_urls", "template_id", "email_subject", "email_pre_header"), "null"),
    **dict.fromkeys(("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "scheduled_at"), "null"),
}


def missing(number: int) -> dict[str, Any]:
    return {"message": f"No query results for model [Campaign] {number}", "data": {"wpfluent": {"env": "production"}}}


async def _people(core: Core, n: int) -> None:
    await core.installation.put({"business_name": "Acme", "business_address": "1 Street", "from_email": "a@acme.test"})
    await contacts.create_list(core, title="News")
    drafts = [
        Draft({"email": f"p{i}@example.com", "first_name": f"N{i}"}, status="subscribed", lists=[1]) for i in range(n)
    ]
    await contacts.write_contacts(core, drafts)


async def _written(crm: Mouth, title: str = "Spring", **more: Any) -> int:
    """A draft with content and the people of list 1."""
    made = (await crm.post("/campaigns", {"title": title})).json()["id"]
    content = {"title": title, "email_subject": "Hi {{contact.first_name}}", "email_body": BODY, **more}
    assert (await crm.put(f"/campaigns/{made}", content)).status_code == 200
    chosen = await crm.post(f"/campaigns/{made}/draft-recipients", {"sending_filter": "list_tag", "subscribers": ROWS})
    assert chosen.status_code == 200, chosen.text
    return made


async def test_a_new_campaign_is_a_draft_with_the_settings_of_the_house(crm: Mouth):
    made = await crm.post("/campaigns", {"title": "August News", "email_subject": "ignored"})
    body = made.json()
    assert made.status_code == 200
    assert set(body["settings"]) == {"footer_settings", "template_config", "mailer_settings"}
    assert {name: value for name, value in body.items() if name != "settings"} == {
        "title": "August News",
        "email_body": "",
        "status": "draft",
        "type": "campaign",
        "design_template": "simple",
        "slug": "august-news",
        "updated_at": NOW,
        "created_at": NOW,
        "id": 1,
        "created_by": 1,
        "template": None,
        "subjects": [],
    }
    names = [(await crm.post("/campaigns", {})).json()["title"] for _ in range(2)]
    assert names == ["Untitled", "Untitled 2"]
    taken = await crm.post("/campaigns", {"title": "August News"})
    assert kinds(taken.json()) == {"title": {"unique": "str"}}
    read = (await crm.get("/campaigns/1")).json()
    assert read["templates"] == []
    settings = read["campaign"].pop("settings")
    assert settings == body["settings"]
    assert kinds(read["campaign"]) == _SHAPE
    assert read["campaign"]["server_time"] == NOW
    with_blocks = (await crm.ask("GET", "/campaigns/1", query=[("with[]", "subjects"), ("with[]", "template")])).json()
    assert (with_blocks["campaign"]["subjects"], with_blocks["campaign"]["template"]) == ([], None)
    for method, path in (
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("PUT", "/title"),
        ("POST", "/step"),
        ("POST", "/schedule"),
        ("POST", "/pause"),
        ("POST", "/duplicate"),
        ("GET", "/status"),
        ("GET", "/emails"),
        ("GET", "/link-report"),
        ("GET", "/share-url"),
    ):
        answer = await crm.ask(method, f"/campaigns/999{path}", None if method == "GET" else {"title": "x"})
        assert (answer.status_code, answer.json()) == (404, missing(999)), path


async def test_the_list_of_campaigns_is_filtered_sorted_and_labelled(crm: Mouth):
    for title in ("Spring", "Autumn", "Winter"):
        await crm.post("/campaigns", {"title": title})
    await crm.post("/labels", {"label": {"slug": "l", "title": "L", "color": "#ff0000"}})
    await crm.put("/campaigns/2/update-labels", {"action": "attach", "label_ids": [1]})
    page = (await crm.ask("GET", "/campaigns", query=[("with[]", "stats")])).json()["campaigns"]
    assert set(page) == PAGE_KEYS
    row = page["data"][1]
    assert row["labels"] == [{"id": 1, "slug": "l", "title": "L", "color": "#ff0000"}]
    assert row["stats"] == {"total": 0, "sent": 0, "views": 0, "clicks": 0, "unsubscribers": 0, "revenue": False}
    assert set(row) == {*_SHAPE, "settings", "labels", "next_step", "stats"}
    for query, found in (
        ([("sort_by", "title"), ("sort_type", "ASC")], [2, 1, 3]),
        ([("searchBy", "WIN")], [3]),
        ([("searchBy", "%")], []),
        ([("labels[]", "1")], [2]),
        ([("statuses[]", "archived")], []),
        ([("statuses[]", "draft"), ("per_page", "2"), ("page", "2")], [1]),
    ):
        rows = (await crm.ask("GET", "/campaigns", query=query)).json()["campaigns"]["data"]
        assert [one["id"] for one in rows] == found, query
    for action, labels in (("attach", 1), ("detach", 0), ("sync", 1)):
        body = {"action": action, "label_ids": [1]}
        assert (await crm.put("/campaigns/2/update-labels", body)).json() == {"message": "Labels has been updated"}
        assert len((await crm.get("/campaigns")).json()["campaigns"]["data"][1]["labels"]) == labels, action
    apply = {"action_name": "apply_labels", "campaign_ids": [1, 3], "labels": [1]}
    assert (await crm.post("/campaigns/do-bulk-action", apply)).json() == {
        "message": "Labels has been applied successfully"
    }
    for body, told in (
        ({"action_name": "apply_labels", "campaign_ids": [1]}, "Please provide labels"),
        ({"action_name": "nope", "campaign_ids": [1]}, "invalid bulk action"),
        ({"action_name": "delete_campaigns"}, "Please provide campaign IDs"),
    ):
        answer = await crm.post("/campaigns/do-bulk-action", body)
        assert (answer.status_code, answer.json()) == (422, {"message": told})
    gone = await crm.post("/campaigns/do-bulk-action", {"action_name": "delete_campaigns", "campaign_ids": [1, 999]})
    assert gone.json() == {"message": "Selected Campaigns have been deleted permanently"}
    assert (await crm.delete("/campaigns/2")).json() == {"success": True}
    assert (await crm.get("/campaigns")).json()["campaigns"]["total"] == 1


async def test_content_subjects_and_steps_are_saved_or_refused(crm: Mouth):
    await crm.post("/campaigns", {"title": "One"})
    await crm.post("/campaigns", {"title": "Two"})
    content = {"title": "One", "email_subject": "S", "email_pre_header": "P", "email_body": BODY, "utm_status": "1"}
    content |= {"utm_source": "mail", "settings": {"mailer_settings": {"from_name": "Ann", "is_custom": "yes"}}}
    saved = (await crm.put("/campaigns/1", content)).json()["campaign"]
    for name in ("email_subject", "email_pre_header", "email_body", "utm_status", "utm_source"):
        assert saved[name] == content[name]
    # Settings that are not sent stay as they were.
    assert saved["settings"]["mailer_settings"]["from_name"] == "Ann"
    assert saved["settings"]["mailer_settings"]["reply_to_email"] == ""
    assert saved["settings"]["footer_settings"]["disable_footer"] == "no"
    assert "subjects" not in saved
    pair = [{"key": 50, "value": "A"}, {"key": "30", "value": "B"}, {"key": 20, "value": ""}]
    tested = (await crm.put("/campaigns/1", {"title": "One", "update_subjects": True, "subjects": pair})).json()
    subjects = tested["campaign"]["subjects"]
    assert [(one["key"], one["value"], one["object_id"]) for one in subjects] == [("50", "A", "1"), ("30", "B", "1")]
    read = (await crm.ask("GET", "/campaigns/1", query=[("with[]", "subjects")])).json()["campaign"]
    assert [one["value"] for one in read["subjects"]] == ["A", "B"]
    alone = await crm.put("/campaigns/1", {"title": "One", "update_subjects": True, "subjects": pair[:1]})
    assert alone.status_code == 422
    assert alone.json() == {"message": "Please provide at least two Subject Lines for A/B Test."}
    none = await crm.put("/campaigns/1", {"title": "One", "update_subjects": True, "subjects": []})
    assert none.json()["campaign"]["subjects"] == []
    untitled = await crm.put("/campaigns/1", {"title": ""})
    assert (untitled.status_code, untitled.json()) == (422, {"title": {"required": "The title field is required."}})
    assert kinds((await crm.put("/campaigns/1", {"title": "Two"})).json()) == {"title": {"unique": "str"}}
    step = (await crm.post("/campaigns/1/step", {"next_step": 2})).json()
    assert step == {"message": "step saved"}
    assert (await crm.get("/campaigns", sort_by="id", sort_type="ASC")).json()["campaigns"]["data"][0][
        "next_step"
    ] == "2"
    renamed = (await crm.put("/campaigns/1/title", {"title": "Uno"})).json()
    assert (renamed["message"], renamed["campaign"]["title"]) == ("Campaign has been updated", "Uno")
    single = await crm.post(
        "/campaigns/update-single-campaign", {"campaign_id": 1, "title": "Un", "email_subject": "T"}
    )
    assert (single.json()["message"], single.json()["campaign"]["email_subject"]) == ("Campaign saved", "T")
    # A mail of one's own footer must let people leave.
    own = {"footer_settings": {"custom_footer": "yes", "footer_content": "no way out"}}
    plain = {"title": "Un", "email_body": "<p>Hi</p>", "settings": own, "next_step": 2}
    refused = await crm.put("/campaigns/1", plain)
    assert refused.status_code == 422
    assert refused.json()["compliance_failed"] is True


async def test_recipients_are_counted_before_they_are_chosen(core: Core, crm: Mouth):
    await _people(core, 3)
    await contacts.create_tag(core, title="VIP")
    await contacts.write_contact(core, Draft({"email": "x@example.com"}, status="pending", lists=[1]))
    await contacts.write_contact(core, Draft({"email": "p0@example.com"}, tags=[1]))
    await crm.post("/campaigns", {"title": "One"})
    nobody: list[dict[str, Any]] = [{"list": None, "tag": None}]
    vip = [[{"source": ["segment", "tags"], "operator": "in", "value": [1]}]]
    for settings, n in (
        ({"subscribers": ROWS}, 3),
        ({"subscribers": [{"list": "1", "tag": "1"}]}, 1),
        ({"subscribers": ROWS, "excludedSubscribers": [{"list": "all", "tag": 1}]}, 2),
        ({"subscribers": nobody, "excludedSubscribers": nobody}, 0),
        ({"sending_filter": "advanced_filters", "advanced_filters": vip}, 1),
        ({"sending_filter": "dynamic_segment", "dynamic_segment": {"slug": "nope", "id": 4}}, 0),
        ({"sending_filter": "else", "subscribers": ROWS}, 0),
    ):
        body = {"sending_filter": "list_tag", **settings}
        estimate = (await crm.post("/campaigns/estimated-contacts", body)).json()
        assert (estimate["count"], set(estimate)) == (n, {"count", "execution_time"}), settings
        chosen = await crm.post("/campaigns/1/draft-recipients", body)
        if n:
            assert chosen.json() == {"message": "Recipient settings has been updated", "count": n}
            assert (await crm.get("/campaigns/1/estimated-recipients-count")).json() == {"estimated_count": n}
        else:
            assert chosen.status_code == 422
            assert chosen.json() == {"message": "Sorry no subscribers found based on your selection"}
    for broken in ("", "[", [], [[]]):
        body = {"sending_filter": "advanced_filters", "advanced_filters": broken}
        assert (await crm.post("/campaigns/1/draft-recipients", body)).status_code == 422
    # The last good choice stands.
    assert (await crm.get("/campaigns/1/estimated-recipients-count")).json() == {"estimated_count": 1}


async def test_a_plan_can_be_moved_and_taken_back(core: Core, crm: Mouth):
    await _people(core, 2)
    one = await _written(crm)
    planned = (await crm.post(f"/campaigns/{one}/schedule", {"scheduled_at": "2030-01-02 03:04:05"})).json()
    assert set(planned) == {"campaign", "message", "current_timestamp"}
    assert (planned["message"], planned["current_timestamp"]) == ("Your campaign email has been scheduled", NOW)
    campaign = planned["campaign"]
    assert (campaign["status"], campaign["scheduled_at"]) == ("pending-scheduled", "2030-01-02 03:04:05")
    settings = campaign["settings"]
    assert (settings["sending_type"], settings["open_tracker"], settings["click_tracker"]) == ("schedule", True, True)
    again = await crm.post(f"/campaigns/{one}/schedule", {"scheduled_at": "2030-01-02 03:04:05"})
    assert again.status_code == 422
    assert (await crm.get(f"/campaigns/{one}/processing-stat")).json()["reload"] is True
    status = (await crm.get(f"/campaigns/{one}/status")).json()
    assert (status["stat"], status["sent_count"], status["analytics"]) == ([], 0, {})
    moved = await crm.put(f"/campaigns/{one}/title", {"title": "Spring", "scheduled_at": "2031-01-02 03:04:05"})
    assert moved.json()["campaign"]["scheduled_at"] == "2031-01-02 03:04:05"
    assert (await crm.post(f"/campaigns/{one}/draft-recipients", {"subscribers": ROWS})).status_code == 422
    back = await crm.post(f"/campaigns/{one}/un-schedule", {})
    assert back.json() == {"message": "Campaign has been successfully un-scheduled"}
    assert (await crm.post(f"/campaigns/{one}/un-schedule", {})).status_code == 422
    for bad in ("soon", ["2030-01-02 03:04:05"], ["2030-01-03 00:00:00", "2030-01-02 00:00:00"], ["a", "b"]):
        refused = await crm.post(f"/campaigns/{one}/schedule", {"scheduled_at": bad})
        assert (refused.status_code, set(refused.json())) == (422, {"message"}), bad
    spread = ["2030-01-02 00:00:00", "2030-01-03 00:00:00"]
    ranged = (await crm.post(f"/campaigns/{one}/schedule", {"scheduled_at": spread})).json()["campaign"]["settings"]
    assert (ranged["sending_type"], ranged["schedule_range"]) == ("range_schedule", [1893542400, 1893628800])
    empty = (await crm.post("/campaigns", {"title": "Empty"})).json()["id"]
    refused = await crm.post(f"/campaigns/{empty}/schedule", {})
    assert (refused.status_code, set(refused.json())) == (422, {"message"})
    copy = (await crm.post(f"/campaigns/{one}/duplicate", {})).json()
    assert copy["message"] == "Campaign has been successfully duplicated"
    shown = copy["campaign"]
    assert (shown["title"], shown["status"], shown["scheduled_at"]) == ("[Duplicate] Spring", "draft", None)
    assert (shown["email_body"], shown["created_by"]) == (BODY, 1)


async def _sent(core: Core, clock: FixedClock) -> dict[str, int]:
    """The mails of campaign 1 as the workers leave them: sent, one opened and clicked, another unsubscribed."""
    ids = [row["id"] for row in await core.db.fetch("SELECT id FROM messages ORDER BY contact_id")]
    await core.db.execute("UPDATE messages SET state = 'sending'")
    await core.db.execute("UPDATE messages SET state = 'sent', sent_at = $1", clock.now())
    link = await core.db.fetchval("SELECT id FROM links WHERE campaign_id = 1")
    link = link or await core.db.fetchval(
        "INSERT INTO links (campaign_id, position, url) VALUES (1, 0, 'https://example.com/x?a=1') RETURNING id"
    )
    collector = Collector(core)
    for hit in (Hit(OPEN, ids[0]), Hit(CLICK, ids[0], link)):
        await collector.record(hit)
    assert await fold_hits(core) == 2
    await leave(core, 2, reason="Too many", message_id=ids[1])
    return {"link": link, "first": ids[0]}


async def test_a_started_campaign_tells_its_mails_and_its_numbers(core: Core, crm: Mouth, clock: FixedClock):
    await _people(core, 3)
    await _written(crm)
    started = (await crm.post("/campaigns/1/schedule", {})).json()
    assert started["message"] == "Your campaign has been started"
    assert started["campaign"]["recipients_count"] == 3
    assert started["campaign"]["settings"]["sending_type"] == "instant"
    mails = (await crm.get("/campaigns/1/emails", per_page=2)).json()
    assert (set(mails), mails["failed_counts"]) == ({"emails", "failed_counts"}, 0)
    mail = mails["emails"]["data"][0]
    assert mail["email_headers"]["From"].endswith("<a@acme.test>")
    assert (mail["email_subject"], mail["email_address"]) == ("Hi N0", "p0@example.com")
    assert (mail["status"], mail["is_open"], mail["is_parsed"], mail["click_counter"]) == ("scheduled", "0", "0", None)
    assert kinds({name: mail[name] for name in ("id", "campaign_id", "subscriber_id", "email_hash")}) == {
        "id": "int",
        "campaign_id": "str",
        "subscriber_id": "str",
        "email_hash": "str",
    }
    assert mail["subscriber"]["email"] == "p0@example.com"
    assert mails["emails"]["total"] == 3
    paused = await crm.post("/campaigns/1/pause", {})
    assert (paused.json()["campaign"]["status"], paused.status_code) == ("paused", 200)
    resumed = await crm.post("/campaigns/1/resume", {})
    assert resumed.json()["message"] == "Campaign has been successfully resumed"
    assert (await crm.post("/campaigns/1/resume", {})).status_code == 422
    assert (await crm.delete("/campaigns/1")).status_code == 422
    known = await _sent(core, clock)
    clock.set(clock.now() + timedelta(minutes=10))
    overview = (await crm.get("/campaigns/1/overview_stats")).json()
    assert (overview["sent_count"], overview["stat"]) == (
        3,
        [{"status": "sent", "total": "3", "email_type_label": "Campaign"}],
    )
    assert {name: card["total"] for name, card in overview["analytics"].items()} == {
        "open": 1,
        "click": 1,
        "ctor": "100.00%",
        "unsubscribe": 1,
    }
    assert (await crm.get("/campaigns/1/link-report")).json() == {
        "links": [{"id": known["link"], "url": "https://example.com/x?a=1", "total": "1"}],
        "click_status": True,
        "open_status": True,
    }
    for word, n in (("click", 1), ("view", 1), ("", 3)):
        rows = (await crm.get("/campaigns/1/emails", filter_type=word)).json()["emails"]
        assert rows["total"] == n, word
    left = (await crm.get("/campaigns/1/unsubscribers")).json()["unsubscribes"]
    assert (left["total"], left["data"][0]["subscriber"]["reason"]) == (1, "Too many")
    row = {name: left["data"][0][name] for name in ("subscriber_id", "type", "counter", "campaign_id")}
    assert row == {"subscriber_id": "2", "type": "unsubscribe", "counter": "1", "campaign_id": "1"}
    preview = (await crm.get(f"/campaigns/emails/{known['first']}/preview")).json()
    assert set(preview) == {"info", "email"}
    assert preview["email"]["subject"] == "Hi N0"
    assert "https://example.com/x?a=1" in preview["email"]["body"].replace("&amp;", "&")
    own = (await crm.get("/subscribers/1/emails")).json()["emails"]["data"]
    assert [(one["status"], one["is_open"], one["click_counter"]) for one in own] == [("sent", "1", "1")]
    stats = (await crm.ask("GET", "/subscribers/1", query=[("with[]", "stats")])).json()["subscriber"]["stats"]
    assert stats == {"emails": 1, "opens": 1, "clicks": 1}
    assert (await crm.get("/subscribers/1/url-metrics")).json()["urlMetrics"]["total"] == 1
    listed = (await crm.ask("GET", "/campaigns", query=[("with[]", "stats")])).json()["campaigns"]["data"][0]
    assert listed["stats"].items() >= {"total": 3, "sent": 3, "views": 1, "clicks": 1, "unsubscribers": 1}.items()
    gone = await crm.delete("/campaigns/1/emails", {"email_ids": [known["first"]]})
    assert gone.json() == {"message": "Selected emails are deleted", "recipients_count": 2}


async def test_a_preview_writes_nothing_and_a_share_link_names_nobody(core: Core, crm: Mouth):
    await _people(core, 1)
    one = await _written(crm)
    stored = (await crm.post("/campaigns/email-preview-html", {"campaign_id": one, "contact_id": 1})).json()
    assert set(stored) == {"preview_html", "subjects"}
    assert "Hi N0" in stored["preview_html"]
    draft = {"campaign": {"email_body": "<p>Yo {{contact.first_name|you}}</p>"}, "contact_id": 1}
    assert "Yo N0" in (await crm.post("/campaigns/email-preview-html", draft)).json()["preview_html"]
    literal = (await crm.post("/campaigns/email-preview-html", {**draft, "disable_subscriber": "yes"})).json()
    assert "N0" not in literal["preview_html"]
    assert (await crm.post("/campaigns/email-preview-html", {"campaign_id": 99})).status_code == 404
    for address in ("", "nope", "a@b"):
        refused = await crm.post("/campaigns/send-test-email", {"campaign_id": one, "email": address})
        assert (refused.status_code, list(refused.json())) == (422, ["email"]), address
    url = (await crm.get(f"/campaigns/{one}/share-url")).json()["sharable_url"]
    assert "p0" not in url
    assert (await crm.get("/campaigns/1/revenues")).json()["orders"] == []
    assert (await crm.post("/campaigns/1/revenues/resync", {})).status_code == 200
    totals = [(await crm.get(path)).json() for path in ("/campaigns/1/emails", "/subscribers/1/emails")]
    assert [page["emails"]["total"] for page in totals] == [0, 0]
    assert list(itertools.chain(*(page["emails"]["data"] for page in totals))) == []
